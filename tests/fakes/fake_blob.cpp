#include "tests/fakes/fake_blob.h"

#include <tss2/tss2_tpm2_types.h>

#include <algorithm>

#include "tpm/error.h"

namespace edgeseal::test {
namespace {

constexpr std::byte kSecret{'s'};
constexpr std::byte kKey{'k'};
constexpr std::byte kNoPolicy{0};
constexpr std::byte kPcrPolicy{'p'};
constexpr std::byte kAuthorityPolicy{'a'};

void append(tpm::Bytes& out, tpm::ByteView bytes) {
  out.insert(out.end(), bytes.begin(), bytes.end());
}

// Two bytes of size before it.
void append_sized(tpm::Bytes& out, tpm::ByteView bytes) {
  out.push_back(static_cast<std::byte>(bytes.size() >> 8));
  out.push_back(static_cast<std::byte>(bytes.size() & 0xff));
  append(out, bytes);
}

void append_policy(tpm::Bytes& out, const std::optional<tpm::ObjectPolicy>& policy) {
  if (!policy) return out.push_back(kNoPolicy);
  out.push_back(std::holds_alternative<tpm::PcrState>(*policy) ? kPcrPolicy : kAuthorityPolicy);
  append_sized(out, tpm::commands_of(*policy).front().parameters);
}

[[noreturn]] void reject(const char* problem) {
  throw tpm::Error("load", tpm::Fault::bad_blob, problem);
}

class Reader {
 public:
  explicit Reader(tpm::ByteView bytes) : rest_(bytes) {}

  tpm::ByteView read(std::size_t size) {
    if (size > rest_.size()) reject("cut off");
    const tpm::ByteView part = rest_.first(size);
    rest_ = rest_.subspan(size);
    return part;
  }
  std::byte read_byte() { return read(1).front(); }
  tpm::ByteView read_sized() {
    const auto high = std::to_integer<std::size_t>(read_byte()), low = std::to_integer<std::size_t>(read_byte());
    return read(high << 8 | low);
  }
  [[nodiscard]] bool at_end() const { return rest_.empty(); }

 private:
  tpm::ByteView rest_;
};

std::optional<tpm::ObjectPolicy> read_policy(Reader& reader) {
  const std::byte kind = reader.read_byte();
  if (kind == kNoPolicy) return std::nullopt;
  if (kind != kPcrPolicy && kind != kAuthorityPolicy) reject("unknown policy");
  const tpm::ByteView parameters = reader.read_sized();
  const tpm::PolicyCommand commands[] = {
      {kind == kPcrPolicy ? TPM2_CC_PolicyPCR : TPM2_CC_PolicyAuthorize, {parameters.begin(), parameters.end()}},
      {TPM2_CC_PolicyAuthValue, {}}};
  return tpm::policy_of(commands);
}

std::variant<tpm::SecretBytes, std::unique_ptr<SoftwareKey>> read_content(Reader& reader) {
  const std::byte kind = reader.read_byte();
  const tpm::ByteView bytes = reader.read_sized();
  if (kind == kSecret) return tpm::SecretBytes(bytes);
  auto key = kind == kKey ? SoftwareKey::parse(bytes) : nullptr;
  if (!key) reject("neither key nor secret");
  return key;
}

}  // namespace

tpm::Bytes FakeBlob::encode() const {
  tpm::Bytes out = storage_key_name;
  append_sized(out, auth.view());
  append_policy(out, policy);
  if (const auto* secret = std::get_if<tpm::SecretBytes>(&content)) {
    out.push_back(kSecret);
    append_sized(out, secret->view());
  } else {
    out.push_back(kKey);
    append_sized(out, std::get<std::unique_ptr<SoftwareKey>>(content)->to_der());
  }
  return out;
}

FakeBlob FakeBlob::parse(tpm::ByteView bytes, const tpm::Bytes& storage_key_name) {
  Reader reader(bytes);
  if (!std::ranges::equal(reader.read(storage_key_name.size()), storage_key_name)) reject("this chip did not make it");
  FakeBlob blob{storage_key_name, tpm::SecretBytes(reader.read_sized()), read_policy(reader), read_content(reader)};
  if (!reader.at_end()) reject("surplus bytes");
  return blob;
}

}  // namespace edgeseal::test
