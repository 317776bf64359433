package io.hookq.daemon.transport;

import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.util.Set;
import java.util.stream.Collectors;

/** The addresses by which other machines know this one. Stateless. */
final class NetworkAddresses {
  private NetworkAddresses() {}

  /**
   * Those of all interfaces at this moment, none where they cannot be listed. Loopback and
   * link-local ones are left out: containers come and go with them and lead nowhere.
   */
  static Set<String> current() {
    try {
      return NetworkInterface.networkInterfaces()
          .flatMap(NetworkInterface::inetAddresses)
          .filter(address -> !address.isLoopbackAddress() && !address.isLinkLocalAddress())
          .map(InetAddress::getHostAddress)
          .collect(Collectors.toUnmodifiableSet());
    } catch (SocketException _) {
      return Set.of();
    }
  }
}
