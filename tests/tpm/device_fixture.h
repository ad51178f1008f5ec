#pragma once

#include <memory>
#include <string_view>

#include "tests/tpm/signature_check.h"
#include "tests/tpm/swtpm.h"
#include "tpm/error.h"
#include "tpm/esys_key_device.h"

namespace edgeseal::test {

[[nodiscard]] inline tpm::ByteView bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

[[nodiscard]] inline tpm::SecretBytes copy_of(const tpm::SecretBytes& secret) {
  return tpm::SecretBytes(secret.view());
}

// As the agent would store it; the id is any value of its own.
[[nodiscard]] inline tpm::StoredKey stored(const tpm::CreatedKey& key) {
  tpm::StoredKey out{{}, key.tss_private_key, copy_of(key.auth)};
  const tpm::Bytes digest = sha256(key.tss_private_key);
  std::copy(digest.begin(), digest.end(), out.id.begin());
  return out;
}

// Retries at once: what is tested is that and how often, not how long it waits.
[[nodiscard]] inline tpm::DeviceSettings settings_for(std::string tcti) {
  tpm::DeviceSettings settings;
  settings.tcti = std::move(tcti);
  settings.retry_pauses = {std::chrono::milliseconds(0), std::chrono::milliseconds(0)};
  return settings;
}

// What a Boost.Test exception predicate wants.
[[nodiscard]] inline auto has_fault(tpm::Fault fault) {
  return [fault](const tpm::Error& error) { return error.fault() == fault; };
}

struct DeviceFixture {
  Swtpm swtpm;
  std::unique_ptr<tpm::KeyDevice> device = tpm::open_esys_key_device(settings_for(swtpm.tcti()));
  tpm::Bytes digest = sha256(bytes_of("a message"));

  // swtpm serves one connection at a time: the old one ends first.
  void reopen() {
    const tpm::Bytes name = device->facts().storage_key_name;
    device.reset();
    tpm::DeviceSettings settings = settings_for(swtpm.tcti());
    settings.storage_key_name = name;
    device = tpm::open_esys_key_device(settings);
  }

  [[nodiscard]] bool signs(const tpm::CreatedKey& key) const {
    if (std::holds_alternative<tpm::RsaPublicKey>(key.public_key)) {
      const auto signature = device->sign_rsa_pkcs1(stored(key), tpm::HashAlgorithm::sha256, digest);
      return verify_rsa_pkcs1(key.public_key, digest, signature);
    }
    const auto signature = device->sign_ecdsa(stored(key), tpm::HashAlgorithm::sha256, digest);
    return verify_ecdsa(key.public_key, digest, signature);
  }
};

}  // namespace edgeseal::test
