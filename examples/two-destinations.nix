# Two caches (NixOS): everything goes to the one in the office; the one far away gets what is worth the line. Each has a queue of its own,
# so that neither waits for the other.
{
  services.hookq = {
    enable = true;
    destinations = {
      office = {
        uri = "ssh://nix-ssh@cache.office.example.org";
        ssh-key = "/run/secrets/office-upload-key";
      };
      far-away = {
        uri = "ssh://nix-ssh@cache.example.org:2222";
        ssh-key = "/run/secrets/far-away-upload-key";
        signing-keys = [ "/run/secrets/far-away-signing-key" ];
        compression = "zlib";
        rate-limit = "2MiB/s";
        filter = {
          exclude = [
            "-source$"
            "-debug$"
          ];
          max-nar-size = "2GiB";
        };
      };
    };
    knownHosts = {
      "cache.office.example.org" = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
      "[cache.example.org]:2222" = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    };
  };
}
