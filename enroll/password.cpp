#include "enroll/password.h"

#include <algorithm>

#include "enroll/base64.h"
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
  const auto encoded = encode_base64(plain);
  SecretBytes header;
  header.reserve(scheme.size() + encoded.size());
  append(header, bytes_of(scheme));
  append(header, bytes_of(encoded));
  return header;
}

}  // namespace edgeseal::enroll
