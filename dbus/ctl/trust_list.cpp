#include "dbus/ctl/trust_list.h"

#include <limits>

#include "dbus/ctl/failure.h"

namespace edgeseal::ctl {
namespace {

constexpr std::uint32_t kNull = std::numeric_limits<std::uint32_t>::max();  // length -1: a null array or string

void append(Der& blob, std::uint32_t value) {
  for (unsigned shift = 0; shift < 32; shift += 8) blob.push_back(static_cast<std::uint8_t>(value >> shift));
}

class Reader {
 public:
  Reader(const Der& blob, const std::string& origin) : blob_(blob), origin_(origin) {}

  std::uint32_t number() {
    require(4);
    std::uint32_t value = 0;
    for (unsigned shift = 0; shift < 32; shift += 8) value |= std::uint32_t{blob_[at_++]} << shift;
    return value;
  }

  // Each entry has four bytes at least, which bounds what a wrong number can cost.
  std::uint32_t length(size_t least_bytes_each) {
    const std::uint32_t value = number();
    if (value == kNull) return 0;
    require(size_t{value} * least_bytes_each);
    return value;
  }

  Der bytes() {
    const size_t size = length(1);
    const auto begin = blob_.begin() + static_cast<std::ptrdiff_t>(at_);
    at_ += size;
    return {begin, begin + static_cast<std::ptrdiff_t>(size)};
  }

  void finish() const {
    if (at_ != blob_.size()) refuse();
  }

 private:
  void require(size_t size) const {
    if (blob_.size() - at_ < size) refuse();
  }

  [[noreturn]] void refuse() const {
    throw Failure(ExitCode::Usage, origin_ + " is no trust list in UA Binary",
                  "without --blob, files hold certificates and CRLs as PEM or DER");
  }

  const Der& blob_;
  const std::string& origin_;
  size_t at_ = 0;
};

}  // namespace

Der encode(const TrustList& list) {
  Der blob;
  append(blob, list.specified);
  for (const auto& entries : list.lists) {
    append(blob, entries.empty() ? kNull : static_cast<std::uint32_t>(entries.size()));
    for (const auto& entry : entries) {
      append(blob, static_cast<std::uint32_t>(entry.size()));
      blob.insert(blob.end(), entry.begin(), entry.end());
    }
  }
  return blob;
}

TrustList decode_trust_list(const Der& blob, const std::string& origin) {
  Reader reader(blob, origin);
  TrustList list{.specified = reader.number()};
  for (auto& entries : list.lists) {
    for (auto left = reader.length(4); left > 0; --left) entries.push_back(reader.bytes());
  }
  reader.finish();
  return list;
}

}  // namespace edgeseal::ctl
