# The MacBook (nix-darwin): builds, and hands what it built to the server.
{
  services.tailscale.enable = true;

  services.hookq = {
    enable = true;
    destinations.server = {
      uri = "ssh://hookq-upload@server";
      ssh-key = "/etc/hookq/id_ed25519";
      host-key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
      signing-keys = [ "/etc/hookq/macbook.key" ];
      # On the road, leave some of the line to others.
      rate-limit = "4MiB/s";
      filter.exclude = [ "-source$" ];
    };
  };
  # Who may use `hookq status` and the like without sudo.
  users.groups._hookq.members = [ "alice" ];

  nix.settings.substituters = [ "http://server:5000" ];
  nix.settings.trusted-public-keys = [ "server-1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=" ];
}
