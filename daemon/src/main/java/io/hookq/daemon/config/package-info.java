/**
 * The config file as immutable values: whoever holds a {@link io.hookq.daemon.config.Config} holds
 * one that makes sense.
 *
 * <pre>
 * duration := number ("ms" | "s" | "m" | "h" | "d")         "250ms", "7d"
 * size     := number ["B" | "KiB" | "MiB" | "GiB" | "TiB"]   "2GiB"; "" is unlimited
 * rate     := size "/s"                                      "2MiB/s"; "" is unlimited
 * file     := absolute | "~/" rest | "credential:" name      a credential only where a key is read
 * uri      := ("ssh" | "ssh-ng" | "ssh+auto") "://" [user "@"] host [":" port] ["?" parameters]
 * </pre>
 *
 * The compact constructors enforce what an option may be and name it; {@link
 * io.hookq.daemon.config.Config} adds file and line. Nothing here opens a key, a host or a socket,
 * and nothing here reads the process environment but {@link
 * io.hookq.daemon.config.Surroundings#here}.
 */
@NullMarked
package io.hookq.daemon.config;

import org.jspecify.annotations.NullMarked;
