#include "enroll/credential.h"

#include <algorithm>

#include "enroll/error.h"

namespace edgeseal::enroll {
namespace {

bool is_control(std::byte byte) {
  return byte < std::byte{0x20} || byte == std::byte{0x7f};
}

void append(SecretBytes& target, ByteView bytes) {
  target.insert(target.end(), bytes.begin(), bytes.end());
}

}  // namespace

SecretBytes basic_authorization(const Password& password) {
  constexpr std::string_view scheme = "Basic ";
  const ByteView user = bytes_of(password.user);
  if (password.user.find(':') != std::string::npos || std::any_of(user.begin(), user.end(), is_control) ||
      std::any_of(password.secret.begin(), password.secret.end(), is_control))
    throw Error(ErrorClass::policy, "a user name must have no colon, and neither it nor the secret control characters");
  SecretBytes plain;
  plain.reserve(user.size() + 1 + password.secret.size());
  append(plain, user);
  plain.push_back(std::byte{':'});
  append(plain, password.secret);
  SecretBytes header(scheme.size() + 4 * ((plain.size() + 2) / 3) + 1);  // libcrypto ends it in a zero
  std::copy_n(bytes_of(scheme).begin(), scheme.size(), header.begin());
  EVP_EncodeBlock(out_octets(std::span(header).subspan(scheme.size())), octets(plain), static_cast<int>(plain.size()));
  header.pop_back();
  return header;
}

}  // namespace edgeseal::enroll
