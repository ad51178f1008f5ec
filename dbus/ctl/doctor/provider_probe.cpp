#include "dbus/ctl/doctor/provider_probe.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <openssl/provider.h>
#include <openssl/store.h>

#include <array>
#include <memory>
#include <string_view>

namespace edgeseal::ctl {
namespace {

using ContextPtr = std::unique_ptr<OSSL_LIB_CTX, decltype(&OSSL_LIB_CTX_free)>;
using ProviderPtr = std::unique_ptr<OSSL_PROVIDER, decltype(&OSSL_PROVIDER_unload)>;
using StorePtr = std::unique_ptr<OSSL_STORE_CTX, decltype(&OSSL_STORE_close)>;
using InfoPtr = std::unique_ptr<OSSL_STORE_INFO, decltype(&OSSL_STORE_INFO_free)>;

std::string text_of(unsigned long error, const char* data, int flags) {
  if ((flags & ERR_TXT_STRING) != 0 && data != nullptr && *data != '\0') return data;
  std::array<char, 256> text{};
  ERR_error_string_n(error, text.data(), text.size());
  return text.data();
}

bool is_of_provider(unsigned long error) {
  const char* library = ERR_lib_error_string(error);
  return library != nullptr && std::string_view(library) == "edgeseal";
}

// The provider's own error says it best. Without one it is the first.
std::string cause() {
  std::string found;
  const char* data = nullptr;
  int flags = 0;
  while (const unsigned long error = ERR_get_error_all(nullptr, nullptr, nullptr, &data, &flags)) {
    if (found.empty() || is_of_provider(error)) found = text_of(error, data, flags);
    if (is_of_provider(error)) break;
  }
  ERR_clear_error();
  return found.empty() ? "for a reason that libcrypto does not tell" : found;
}

std::string problem_of(OSSL_LIB_CTX* context, const std::string& key) {
  const StorePtr store(
      OSSL_STORE_open_ex(("edgeseal:" + key).c_str(), context, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr),
      OSSL_STORE_close);
  while (store && OSSL_STORE_eof(store.get()) == 0) {
    const InfoPtr info(OSSL_STORE_load(store.get()), OSSL_STORE_INFO_free);
    if (info && OSSL_STORE_INFO_get_type(info.get()) == OSSL_STORE_INFO_PKEY) return ERR_clear_error(), "";
    if (!info && OSSL_STORE_error(store.get()) != 0) break;
  }
  return cause();
}

// libcrypto keeps to itself why a configuration did not bring a provider up.
std::string problem_of_configuration(OSSL_LIB_CTX* context, const std::filesystem::path& configuration) {
  if (OSSL_LIB_CTX_load_config(context, configuration.c_str()) != 1) return configuration.string() + ": " + cause();
  if (OSSL_PROVIDER_available(context, "edgeseal") == 1) return "";
  return configuration.string() + " does not activate it, or its module there can't be loaded";
}

std::string problem_of_loading(OSSL_LIB_CTX* context, const std::filesystem::path& configuration,
                               std::vector<ProviderPtr>& loaded) {
  std::error_code ignored;
  if (std::filesystem::exists(configuration, ignored)) return problem_of_configuration(context, configuration);
  for (const char* name : {"default", "edgeseal"})
    if (!loaded.emplace_back(OSSL_PROVIDER_load(context, name), OSSL_PROVIDER_unload)) return cause();
  return "";
}

// It tells whoever asks for a key, whether there is such a key or not.
std::string reason_to_stand_aside(OSSL_LIB_CTX* context) {
  const ProviderPtr provider(OSSL_PROVIDER_load(context, "edgeseal"), OSSL_PROVIDER_unload);
  int status = 0;
  std::array asked{OSSL_PARAM_construct_int(OSSL_PROV_PARAM_STATUS, &status), OSSL_PARAM_construct_end()};
  if (!provider || OSSL_PROVIDER_get_params(provider.get(), asked.data()) != 1) return cause();
  return status == 1 ? "" : problem_of(context, "any");
}

}  // namespace

ProviderFact probe_provider(const std::filesystem::path& configuration, const std::vector<std::string>& keys) {
  const ContextPtr context(OSSL_LIB_CTX_new(), OSSL_LIB_CTX_free);
  ERR_clear_error();
  std::vector<ProviderPtr> loaded;
  ProviderFact fact;
  fact.problem = context ? problem_of_loading(context.get(), configuration, loaded) : cause();
  if (!fact.problem.empty()) return fact;
  fact.stands_aside = reason_to_stand_aside(context.get());
  if (!fact.stands_aside.empty()) return fact;
  for (const auto& key : keys) fact.keys[key] = problem_of(context.get(), key);
  return fact;
}

}  // namespace edgeseal::ctl
