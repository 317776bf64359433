package io.hookq.peers;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;

class TempFolderTest {
  @Test
  void read_only_folders_are_deleted_too_and_links_are_not_followed() throws IOException {
    var other = TempFolder.create();
    var kept = Files.createFile(other.resolve("kept"));
    var folder = TempFolder.create();
    var closed = folder.folder("a/b");
    Files.createFile(closed.resolve("file"));
    Files.createSymbolicLink(closed.resolve("link"), other.path());
    Files.setPosixFilePermissions(closed, PosixFilePermissions.fromString("r-xr-xr-x"));

    folder.close();

    assertThat(folder.path()).doesNotExist();
    assertThat(kept).exists();
    other.close();
  }
}
