# The server at home (NixOS): takes uploads over SSH, keeps them for a while, serves its store with Harmonia, all inside the
# tailnet only.
{
  services.tailscale.enable = true;
  networking.hostName = "server";

  services.hookq-receiver = {
    enable = true;
    # Who may upload, and nothing else, to an account `hookq-upload`.
    keys.macbook.key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA hookq@macbook";
    # What is signed by one of these is taken.
    publicKeys = [ "macbook-1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=" ];
    # What was not pushed again for so long, or is too much, is garbage; it is collected every day.
    keep = "90d";
    keepSize = "200GiB";
    harmonia.enable = true;
    harmonia.signKeyPaths = [ "/var/lib/secrets/harmonia.key" ];
    # SSH and Harmonia answer here only.
    firewallInterface = "tailscale0";
  };
}
