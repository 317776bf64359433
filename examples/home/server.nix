# The server at home (NixOS): takes uploads over SSH, serves its store with Harmonia, both inside the tailnet only.
{
  services.tailscale.enable = true;
  networking.hostName = "server";
  networking.firewall.interfaces.tailscale0.allowedTCPPorts = [
    22
    5000
  ];
  services.openssh = {
    enable = true;
    openFirewall = false;
  };

  # The account `nix-ssh`, which may do nothing but copy into this store.
  nix.sshServe = {
    enable = true;
    write = true;
    keys = [ "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA hookq@macbook" ];
  };

  # What is signed by one of these is taken.
  nix.settings.trusted-public-keys = [ "macbook-1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=" ];

  services.harmonia.cache = {
    enable = true;
    signKeyPaths = [ "/var/lib/secrets/harmonia.key" ];
    settings.bind = "[::]:5000";
  };

  # Nothing here refers to what was uploaded, so a collection deletes it; see README.md.
  nix.gc.automatic = false;
}
