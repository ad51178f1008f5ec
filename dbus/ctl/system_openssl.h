#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace edgeseal::ctl {

// What libcrypto reads where OPENSSL_CONF is not set, as far as it is about providers.
struct SystemOpenssl {
  struct Provider {
    std::string name;     // its identity
    std::string section;  // of its settings
    bool active = false;
  };

  std::filesystem::path path;    // empty: there is no such file
  std::string init_section;      // the value of openssl_conf; empty: none
  std::string provider_section;  // the value of providers in there; empty: none
  std::vector<Provider> providers;

  // Of this machine, by libcrypto's own idea of where it is. Throws Failure (Usage) where it can't be read.
  [[nodiscard]] static SystemOpenssl find();
  [[nodiscard]] static SystemOpenssl read(const std::filesystem::path& path);
};

}  // namespace edgeseal::ctl
