package io.hookq.serve;

import io.hookq.store.PathInfo;
import io.hookq.store.StoreDir;
import io.hookq.store.StorePath;
import io.hookq.wire.PathInfoFields;
import io.hookq.wire.WireReader;
import io.hookq.wire.WireWriter;
import java.io.IOException;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The answer to {@link ServeRequest.QueryPathInfos}: entries, one for each valid path, and the
 * empty string behind the last.
 *
 * <p>An entry carries no registration time and not whether the path was built there.
 */
final class PathInfoEntry {
  private PathInfoEntry() {}

  static Map<StorePath, PathInfo> readAll(WireReader in, StoreDir dir) throws IOException {
    var infos = new LinkedHashMap<StorePath, PathInfo>();
    while (true) {
      var path = in.readOptionalStorePath(dir);
      if (path.isEmpty()) {
        return infos;
      }
      infos.put(path.get(), readFields(path.get(), in, dir));
    }
  }

  private static PathInfo readFields(StorePath path, WireReader in, StoreDir dir)
      throws IOException {
    var start = in.offset();
    var deriver = in.readOptionalStorePath(dir);
    var references = in.readStorePaths(dir);
    in.readSize(); // the size of a download, which only a binary cache knows
    var narSize = in.readSize();
    var narHash = PathInfoFields.readNarHash(in);
    var contentAddress = PathInfoFields.readContentAddress(in);
    var signatures = PathInfoFields.readSignatures(in);
    return PathInfoFields.checked(
        start,
        () ->
            new PathInfo(
                path, narHash, narSize, references, deriver, 0, false, signatures, contentAddress));
  }

  static void writeAll(Collection<PathInfo> infos, WireWriter out, StoreDir dir)
      throws IOException {
    for (var info : infos) {
      out.writeStorePath(dir, info.path());
      out.writeOptionalStorePath(dir, info.deriver());
      out.writeStorePaths(dir, info.references());
      out.writeLong(info.narSize());
      out.writeLong(info.narSize());
      out.writeString(info.narHash().prefixedNix32());
      PathInfoFields.writeContentAddress(out, info.contentAddress());
      PathInfoFields.writeSignatures(out, info.signatures());
    }
    out.writeString("");
  }
}
