# The building machine (NixOS), on a slow line.
{
  services.hookq = {
    enable = true;
    destinations.server = {
      uri = "ssh://nix-ssh@server.example.org";
      ssh-key = "/etc/hookq/id_ed25519";
      known-hosts = [ "/etc/ssh/ssh_known_hosts" ];
      substitute-on-destination = true;
    };
  };
}
