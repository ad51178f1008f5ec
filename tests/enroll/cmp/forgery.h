#pragma once

#include <openssl/obj_mac.h>

#include <optional>
#include <string>
#include <vector>

#include "tests/enroll/cmp/test_authority.h"

namespace edgeseal::test {

// One DER element.
[[nodiscard]] Bytes der(unsigned tag, ByteView content);
[[nodiscard]] Bytes der(unsigned tag, const std::vector<Bytes>& contents);
[[nodiscard]] Bytes der_integer(std::int64_t value);
[[nodiscard]] Bytes der_object(int nid);

// What a password-based MAC says of itself, true or not.
struct MacClaim {
  std::size_t salt = 16;
  int one_way_function = NID_sha256;
  Bytes iterations = der_integer(500);
  int mac = NID_hmacWithSHA256;
};

// A CMP message taken apart, to be put together as no honest server would.
class Forgery {
 public:
  explicit Forgery(const std::string& message);

  std::vector<Bytes> header;  // its fields
  Bytes body;                 // with its tag
  std::vector<Bytes> extra_certificates;

  void set_body(unsigned number, const Bytes& content) { body = der(0xA0U | number, content); }
  [[nodiscard]] ByteView body_content() const;

  // Each puts it together: without any protection, with a right MAC, with one that says of itself what it is told to,
  // with a signature.
  [[nodiscard]] std::string unprotected();
  [[nodiscard]] std::string with_mac(const std::string& secret, const MacClaim& claim = {});
  [[nodiscard]] std::string with_claim(const MacClaim& claim);
  [[nodiscard]] std::string with_signature(const Identity& signer, int algorithm = NID_ecdsa_with_SHA256);

 private:
  void set_algorithm(const Bytes& identifier);
  void set_sender(const Identity& signer);
  [[nodiscard]] Bytes protected_part() const;
  [[nodiscard]] std::string assemble(const std::optional<Bytes>& protection) const;
};

}  // namespace edgeseal::test
