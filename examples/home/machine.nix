# Any other machine (NixOS; the two lines of nix.settings are the same on nix-darwin): fetches from the server.
{
  services.tailscale.enable = true;

  nix.settings.substituters = [ "http://server:5000" ];
  nix.settings.trusted-public-keys = [ "server-1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=" ];
}
