#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include "tpm/error.h"
#include "tpm/key_device.h"

namespace edgeseal::test {

// A TPM without one: keys of libcrypto behind the contract of KeyDevice. The chip outlives the devices that are opened
// on it, as a real one does, and tells apart its own keys from those of another FakeTpm. Every function may be called
// from any thread, so that a test can hold up or fail an operation that another thread has under way.
class FakeTpm {
 public:
  struct Counts {
    std::size_t opens = 0;
    std::size_t creations = 0;
    std::size_t signatures = 0;
    std::size_t raw_operations = 0;  // rsa_private
    std::size_t seals = 0;
    std::size_t unseals = 0;
    std::size_t imports = 0;  // import_key and adopt
    std::size_t exports = 0;
    std::size_t stirs = 0;  // stir_random
    std::size_t evictions = 0;
    std::size_t certifications = 0;  // certify and activate_credential
    std::size_t anchor_reads = 0;
    std::size_t lockout_reads = 0;
    std::size_t anchor_writes = 0;  // calls that changed the anchor, or would have if it were not so already

    // On keys and secrets.
    [[nodiscard]] std::size_t operations() const noexcept {
      return creations + signatures + raw_operations + seals + unseals + imports + exports + stirs + certifications;
    }
  };

  FakeTpm();

  // Throws what fail_opening() said. Blocked by block() like an operation.
  [[nodiscard]] std::unique_ptr<tpm::KeyDevice> open() const;

  // Shown by devices that are opened from now on.
  void set_facts(tpm::TpmFacts facts);

  // What the chip keeps, whoever opens it.
  void set_anchor(std::optional<tpm::Anchor> anchor);
  [[nodiscard]] std::optional<tpm::Anchor> anchor() const;
  // What remove_anchor() has to be told; empty at first. define_anchor() works without one only.
  void set_owner_auth(tpm::Bytes owner_auth);
  void set_lockout(tpm::Lockout lockout);
  void set_manufacturer_keys(std::vector<tpm::ManufacturerKey> keys);
  // From now on, adopted keys are subject to lockout, as those of tpm2-openssl are.
  void adopt_without_exemption();
  // 0 to 23; 32 bytes, all zero at first.
  void set_pcr(unsigned index, tpm::Bytes value);

  // What a verifier would make of a secret, to have it opened by KeyDevice::activate_credential().
  struct Credential {
    tpm::Bytes credential, encrypted_secret;
  };
  [[nodiscard]] static Credential make_credential(const tpm::AttestationKey& attestation_key,
                                                  tpm::EndorsementKey endorsement_key, tpm::ByteView secret);

  // The next operations fail, until nothing is said to fail any more. After Fault::transport a device refuses
  // everything, as the real one does.
  void fail(std::optional<tpm::Fault> fault);
  void fail_once(tpm::Fault fault);
  void fail_opening(std::optional<tpm::Fault> fault);
  // The next change of the anchor is made and not answered: Fault::transport.
  void lose_answer_once();

  // From block() to release(), operations wait inside the device.
  void block();
  void release();
  // Returns once an operation waits: the test knows that the other thread is in the device.
  void wait_until_blocked() const;

  [[nodiscard]] Counts counts() const;

 private:
  class Device;
  struct State;

  std::shared_ptr<State> state_;
};

}  // namespace edgeseal::test
