package io.hookq.nar;

import java.io.IOException;
import java.io.InputStream;

/** Looks at nothing; a test overrides what it wants to see. */
class SilentVisitor implements NarVisitor {
  @Override
  public void regular(boolean executable, long size, InputStream contents) throws IOException {}

  @Override
  public void symlink(byte[] target) {}

  @Override
  public void directory() {}

  @Override
  public void entry(byte[] name) {}

  @Override
  public void endDirectory() {}
}
