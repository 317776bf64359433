# The server (NixOS), on a fast line.
{
  nix.sshServe = {
    enable = true;
    write = true;
    keys = [ "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA hookq@builder" ];
  };
  # This builder signs nothing, so the account it uploads with has to be trusted.
  nix.settings.trusted-users = [ "nix-ssh" ];

  # cache.nixos.org is among the substituters of every NixOS; one that builds the same packages of one's own is worth adding.
  nix.settings.substituters = [ "https://cache.nixos.org" ];
  nix.settings.trusted-public-keys = [ "cache.nixos.org-1:6NCHdD59X431o0gWypbMrAURkbJ16ZPMQFGspcDShjY=" ];
}
