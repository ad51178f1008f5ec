#include "dbus/ctl/credential_file.h"

#include <string_view>

#include "dbus/ctl/failure.h"

namespace edgeseal::ctl {
namespace {

constexpr std::string_view kHead("\xBA\xDC\xC0\xDE\0\0\0\1", 8);

// TPM2B: a size of two bytes, then as many.
bool take_sized(std::string_view& rest, std::vector<uint8_t>& content) {
  if (rest.size() < 2) return false;
  const size_t size = static_cast<size_t>(static_cast<uint8_t>(rest[0])) << 8 | static_cast<uint8_t>(rest[1]);
  if (rest.size() - 2 < size) return false;
  content.assign(rest.begin() + 2, rest.begin() + 2 + static_cast<std::ptrdiff_t>(size));
  rest.remove_prefix(2 + size);
  return true;
}

}  // namespace

CredentialFile parse_credential_file(const std::string& content, const std::string& origin) {
  std::string_view rest = content;
  CredentialFile file;
  const bool known = rest.starts_with(kHead);
  if (known) rest.remove_prefix(kHead.size());
  if (known && take_sized(rest, file.credential) && take_sized(rest, file.encrypted_secret) && rest.empty())
    return file;
  throw Failure(ExitCode::Usage, origin + " holds no credential", "give a file as tpm2_makecredential writes it");
}

}  // namespace edgeseal::ctl
