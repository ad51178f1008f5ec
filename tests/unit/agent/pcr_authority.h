#pragma once

#include <openssl/pem.h>

#include <boost/test/unit_test.hpp>
#include <string>

#include "agent/keys/pcr_policies.h"
#include "agent/keys/public_key.h"
#include "agent/openssl.h"
#include "jose/base64.h"

namespace edgeseal::test {

// Approves states of the PCRs, as the one in the office does.
class PcrAuthority {
 public:
  [[nodiscard]] tpm::Bytes public_key() const { return agent::der_of(key_.get(), i2d_PUBKEY); }
  [[nodiscard]] std::string pem() const {
    const agent::BioPtr bio(BIO_new(BIO_s_mem()));
    BOOST_REQUIRE(PEM_write_bio_PUBKEY(bio.get(), key_.get()) == 1);
    return agent::bio_text(*bio);
  }
  // Of a policy, as of PcrPolicies::prepare().
  [[nodiscard]] tpm::Bytes sign(tpm::ByteView policy) const {
    const agent::DigestContextPtr context(EVP_MD_CTX_new());
    tpm::Bytes signature(128);
    std::size_t size = signature.size();
    BOOST_REQUIRE(EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key_.get()) == 1);
    BOOST_REQUIRE(
        EVP_DigestSign(context.get(), agent::out_octets(signature), &size, agent::octets(policy), policy.size()) == 1);
    signature.resize(size);
    return signature;
  }
  [[nodiscard]] agent::DeclaredApproval declared(const std::string& name, const agent::PcrValues& values) const {
    return {name, values, sign(agent::PcrPolicies::prepare(values).policy)};
  }
  // What stands in pcr-approvals.d: the signature in the first line, the values from the third one on.
  [[nodiscard]] std::string file(const agent::PcrValues& values) const {
    const tpm::Bytes signature = declared("", values).signature;
    std::string text = "signature = \"" + std::string(jose::encode_base64(signature)) + "\"\n[values]\n";
    for (const auto& [number, value] : values)
      text += std::to_string(number) + " = \"" + agent::hexadecimal(value) + "\"\n";
    return text;
  }

 private:
  agent::PublicKeyPtr key_{EVP_EC_gen("P-256")};
};

// Of all PCRs with one value.
[[nodiscard]] inline tpm::Bytes pcr_value(std::uint8_t fill) {
  return tpm::Bytes(32, std::byte{fill});
}

}  // namespace edgeseal::test
