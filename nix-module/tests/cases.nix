# Configurations as users write them, right ones and wrong ones.
{ lib }:

let
  server = {
    uri = "ssh://nix-ssh@server";
    ssh-key = "/etc/hookq/id_ed25519";
  };
  # `hookq` on top of the smallest configuration there is.
  with' = hookq: {
    services.hookq = {
      enable = true;
      destinations.server = server;
    }
    // hookq;
  };
  publicKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl";
  # The smallest receiver there is, with `options` on top.
  receiving = options: {
    services.hookq-receiver = {
      enable = true;
      keys.macbook.key = "${publicKey} macbook";
      publicKeys = [ "macbook-1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=" ];
    }
    // options;
  };
  serving = receiving {
    harmonia = {
      enable = true;
      signKeyPaths = [ "/var/lib/secrets/harmonia.key" ];
      port = 5001;
    };
    firewallInterface = "tailscale0";
  };
in
{
  nixos = {
    smallest = with' { };
    off = { };
    full = with' {
      destinations = {
        server = server // {
          substitute-on-destination = true;
          connect-timeout = "30s";
        };
        "off.site" = {
          uri = "ssh://push@backup.example.org:2222";
          host-key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl";
          idle-timeout = "0s";
        };
      };
      settings = {
        daemon.keep-done = "1d";
        daemon.allow-group = "wheel";
        retry.attempts = 7;
      };
      knownHosts.server = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl";
      metrics.enable = true;
    };
    signing = with' {
      destinations.server = server // {
        signing-keys = [
          "/etc/hookq/cache.key"
          "credential:other"
        ];
      };
    };
    chained =
      with' {
        chainHook = "/etc/nix/other hook";
        chainHookTimeout = 2;
      }
      // {
        nix.settings.allowed-users = [ "@hookq" ];
      };
    listed-user = with' { } // {
      nix.settings.allowed-users = [
        "alice"
        "hookq"
      ];
    };
    trusted-user = with' { } // {
      nix.settings.allowed-users = [ "alice" ];
      nix.settings.trusted-users = [
        "root"
        "hookq"
      ];
    };

    extra-user = with' { } // {
      nix.settings.allowed-users = [ "alice" ];
      nix.settings.extra-allowed-users = [ "hookq" ];
    };
    example-home-machine = ../../examples/home/machine.nix;
    example-ci = ../../examples/ci/runner.nix;
    example-two-destinations = ../../examples/two-destinations.nix;
    example-substitute-builder = ../../examples/substitute-on-destination/builder.nix;
    example-substitute-server = ../../examples/substitute-on-destination/server.nix;

    refused-nowhere.services.hookq.enable = true;
    refused-key-in-store = with' {
      destinations.server = server // {
        ssh-key = "${builtins.storeDir}/0c8wy8bl5gw16ma4fdvrzrvz3nprl9pb-id_ed25519";
      };
    };
    refused-signing-key-in-store = with' {
      destinations.server = server // {
        signing-keys = [ "${builtins.storeDir}/0c8wy8bl5gw16ma4fdvrzrvz3nprl9pb-cache.key" ];
      };
    };
    refused-two-host-keys = with' {
      destinations.server = server // {
        host-key = "ssh-ed25519 AAAA";
        known-hosts = [ "/etc/ssh/ssh_known_hosts" ];
      };
    };
    refused-other-hook = with' { } // {
      nix.settings.post-build-hook = "/etc/nix/upload";
    };
    refused-other-hook-by-default = with' { } // {
      nix.settings.post-build-hook = lib.mkDefault "/etc/nix/upload";
    };
    refused-other-hook-in-text = with' { } // {
      nix.extraOptions = ''
        keep-outputs = true
        post-build-hook = /etc/nix/upload
      '';
    };
    refused-user = with' { } // {
      nix.settings.allowed-users = [ "@wheel" ];
    };
    refused-socket = with' {
      settings.daemon.socket = "/run/other.sock";
    };
    refused-destination-in-settings = with' {
      settings.destinations.server.uri = "ssh://server";
    };

    wrong-uri = with' {
      destinations.server.uri = "https://server";
    };
    wrong-no-uri = with' {
      destinations.server.ssh-key = "/etc/hookq/id_ed25519";
    };
    wrong-type = with' {
      destinations.server = server // {
        substitute-on-destination = "yes";
      };
    };
    wrong-key-path = with' {
      destinations.server = server // {
        ssh-key = ./cases.nix;
      };
    };
    wrong-choice = with' {
      destinations.server = server // {
        host-key-checking = "no";
      };
    };
    wrong-option = with' {
      destination.server = server;
    };
    wrong-attempts = with' {
      settings.retry.attempts = 0;
    };
    # The modules let any key through: it is the daemon that knows them all.
    unknown-key = with' {
      destinations.server = server // {
        ssh-kee = "/etc/hookq/id_ed25519";
      };
    };
  };

  receiver = {
    smallest = receiving { };
    off = { };
    full = receiving {
      user = "upload";
      keys = {
        macbook.key = "${publicKey} macbook";
        ci = {
          key = publicKey;
          keep = "7d";
          keepSize = "1TiB";
        };
      };
      keep = "90d";
      keepSize = "200GiB";
      extraOptions = [
        "--max-bytes"
        "50 GiB"
      ];
      collectGarbage = "Sun 03:00";
    };
    trusting = receiving {
      publicKeys = [ ];
      trust = true;
      collectGarbage = null;
    };
    inherit serving;
    example-home-server = ../../examples/home/server.nix;

    refused-nobody = receiving { keys = { }; };
    refused-name = receiving { keys.".macbook".key = publicKey; };
    refused-unsigned = receiving { publicKeys = [ ]; };
    refused-user = receiving { } // {
      nix.settings.allowed-users = [ "@wheel" ];
    };

    durations = receiving {
      keep = "1d12h";
      keys.macbook = {
        key = publicKey;
        keep = "2w";
      };
    };
    wrong-keep = receiving { keep = "90 days"; };
    wrong-keep-of-key = receiving {
      keys.macbook = {
        key = publicKey;
        keep = "forever";
      };
    };
    wrong-keep-size = receiving { keepSize = "200GB"; };
    wrong-key = receiving { keys.macbook.key = "restrict,command=\"id\" ${publicKey}"; };
    wrong-two-keys = receiving { keys.macbook.key = "${publicKey}\n${publicKey}"; };
    wrong-no-key = receiving { keys.macbook.keep = "90d"; };
    wrong-port = receiving {
      harmonia.enable = true;
      harmonia.port = 70000;
    };
    wrong-option = receiving { publicKey = "macbook-1:AAAA"; };
  };
  receiverBefore = { inherit serving; };
  receiverLongBefore = {
    inherit serving;
    unsigned = receiving { harmonia.enable = true; };
    refused-two-keys = receiving {
      harmonia = {
        enable = true;
        signKeyPaths = [
          "/var/lib/secrets/harmonia.key"
          "/var/lib/secrets/another.key"
        ];
      };
    };
  };

  darwin = {
    daemon = with' { };
    agent = with' {
      mode = "agent";
      user = "alice";
      uid = 502;
      destinations.server.uri = "ssh://nix-ssh@server";
    } // { system.primaryUser = "alice"; };
    primary = with' { mode = "agent"; } // {
      system.primaryUser = "bob";
    };
    determinate = with' { } // {
      nix.enable = false;
    };
    chained = with' { chainHook = "/usr/local/bin/other"; };

    example-home-macbook = ../../examples/home/macbook.nix;

    refused-nobody = with' { mode = "agent"; };
    refused-second-user =
      with' {
        mode = "agent";
        user = "alice";
      }
      // {
        system.primaryUser = "bob";
      };
    refused-user = with' { } // {
      nix.settings.allowed-users = [ "alice" ];
    };
    refused-other-hook = with' { } // {
      nix.settings.post-build-hook = "/etc/nix/upload";
    };
    refused-key-in-store = with' {
      destinations.server = server // {
        ssh-key = "${builtins.storeDir}/0c8wy8bl5gw16ma4fdvrzrvz3nprl9pb-id_ed25519";
      };
    };
    refused-state-dir = with' { settings.daemon.state-dir = "/elsewhere"; };

    wrong-mode = with' { mode = "service"; };
  };
}
