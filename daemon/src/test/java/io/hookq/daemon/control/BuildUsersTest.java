package io.hookq.daemon.control;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.GroupPrincipal;
import java.nio.file.attribute.UserPrincipal;
import javax.security.auth.Subject;
import jdk.net.UnixDomainPrincipal;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class BuildUsersTest {
  @TempDir Path folder;

  private BuildUsers reading(String text) throws Exception {
    return BuildUsers.in(Files.writeString(folder.resolve("group"), text));
  }

  private static UnixDomainPrincipal peer(String user, String group) {
    return new UnixDomainPrincipal(new User(user), new Group(group));
  }

  private record User(String name) implements UserPrincipal {
    @Override
    public String getName() {
      return name;
    }

    @Override
    public boolean implies(Subject subject) {
      return false;
    }
  }

  private record Group(String name) implements GroupPrincipal {
    @Override
    public String getName() {
      return name;
    }

    @Override
    public boolean implies(Subject subject) {
      return false;
    }
  }

  @Test
  void members_of_nixbld_are_build_users() throws Exception {
    var users = reading("root:x:0:\nnixbld:x:30000:nixbld1,nixbld2\nusers:x:100:me\n");

    assertThat(users.include(peer("nixbld2", "users"))).isTrue();
    assertThat(users.include(peer("me", "users"))).isFalse();
    assertThat(users.include(peer("root", "root"))).isFalse();
  }

  @Test
  void so_is_whoever_has_it_as_primary_group() throws Exception {
    assertThat(reading("").include(peer("_nixbld1", "nixbld"))).isTrue();
    assertThat(BuildUsers.in(folder.resolve("missing")).include(peer("x", "nixbld"))).isTrue();
  }

  @Test
  void the_daemons_own_user_is_none_also_inside_a_build() throws Exception {
    var ourselves = System.getProperty("user.name");
    var users = reading("nixbld:!:100:" + ourselves + ",nixbld1\n");

    assertThat(users.include(peer(ourselves, "nixbld"))).isFalse();
    assertThat(users.include(peer("nixbld1", "nixbld"))).isTrue();
  }

  @Test
  void so_is_a_user_id_that_nix_allocated_by_itself() throws Exception {
    var users = reading("nixbld:x:30000:\n");

    assertThat(users.include(peer("872415232", "872415232"))).isTrue();
    assertThat(users.include(peer("872415231", "1000"))).isFalse();
    assertThat(users.include(peer("1000", "1000"))).isFalse();
    assertThat(users.include(peer("", "1000"))).isFalse();
  }
}
