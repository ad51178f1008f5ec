#include "enroll/providers.h"

#include <fmt/format.h>
#include <openssl/conf.h>
#include <openssl/provider.h>

#include <stdexcept>

#include "enroll/openssl.h"

namespace edgeseal::enroll {
namespace {

using ConfigurationPtr = std::unique_ptr<CONF, OpensslFree<CONF, NCONF_free>>;

// OpenSSL 3.0 gives parameters to a provider in no other way.
std::string configuration_text(const ProviderSettings& settings) {
  std::string text =
      "openssl_conf = libraries\n[libraries]\nproviders = providers\n"
      "[providers]\ndefault = default_provider\nedgeseal = edgeseal_provider\n"
      "[default_provider]\nactivate = 1\n[edgeseal_provider]\nactivate = 1\n";
  if (!settings.directory.empty()) text += fmt::format("module = {}/edgeseal.so\n", settings.directory);
  if (!settings.key_socket.empty()) text += fmt::format("socket = {}\n", settings.key_socket);
  return text;
}

ConfigurationPtr parse_configuration(const std::string& text) {
  const BioPtr source(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  ConfigurationPtr configuration(NCONF_new(nullptr));
  require_openssl(source && configuration && NCONF_load_bio(configuration.get(), source.get(), nullptr) == 1,
                  "NCONF_load_bio");
  return configuration;
}

}  // namespace

void load_providers(const ProviderSettings& settings) {
  OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr);
  OPENSSL_load_builtin_modules();
  const ConfigurationPtr configuration = parse_configuration(configuration_text(settings));
  const bool loaded = CONF_modules_load(configuration.get(), nullptr, 0) > 0;
  if (!loaded || OSSL_PROVIDER_available(nullptr, "edgeseal") != 1)
    throw std::runtime_error("the provider edgeseal can't be loaded: is openssl-provider-edgeseal installed?");
}

}  // namespace edgeseal::enroll
