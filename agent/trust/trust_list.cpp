#include "agent/trust/trust_list.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>

#include "agent/error.h"

namespace edgeseal::agent {

namespace {

struct Part {
  TrustListMask mask;
  std::vector<Bytes> TrustList::*list;
  const char* name;
};

// In the order of the encoding.
constexpr std::array parts = {
    Part{trusted_certificates_mask, &TrustList::trusted_certificates, "trusted certificates"},
    Part{trusted_crls_mask, &TrustList::trusted_crls, "trusted CRLs"},
    Part{issuer_certificates_mask, &TrustList::issuer_certificates, "issuer certificates"},
    Part{issuer_crls_mask, &TrustList::issuer_crls, "issuer CRLs"},
};

constexpr std::size_t length_size = 4;
constexpr std::int32_t null_length = -1;

void put(Bytes& out, std::uint32_t value) {
  for (unsigned shift = 0; shift < 32; shift += 8) out.push_back(static_cast<std::byte>(value >> shift));
}

void put_array(Bytes& out, const std::vector<Bytes>& items) {
  if (items.empty()) return put(out, static_cast<std::uint32_t>(null_length));
  put(out, static_cast<std::uint32_t>(items.size()));
  for (const Bytes& item : items) {
    put(out, static_cast<std::uint32_t>(item.size()));
    out.insert(out.end(), item.begin(), item.end());
  }
}

class Reader {
 public:
  explicit Reader(ByteView blob) : rest_(blob) {}

  std::uint32_t number() {
    const ByteView field = take(length_size);
    std::uint32_t value = 0;
    for (std::size_t i = length_size; i-- > 0;) value = value << 8 | std::to_integer<std::uint32_t>(field[i]);
    return value;
  }

  // Of an array or a ByteString; null is as good as empty.
  std::size_t length() {
    const auto value = static_cast<std::int32_t>(number());
    if (value < null_length)
      throw Error(Code::invalid_argument, fmt::format("the trust list has a length of {}", value));
    return static_cast<std::size_t>(std::max(value, 0));
  }

  std::vector<Bytes> array() {
    const std::size_t count = length();
    if (count > rest_.size() / length_size) refuse_end();
    std::vector<Bytes> items;
    items.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
      const ByteView item = take(length());
      items.emplace_back(item.begin(), item.end());
    }
    return items;
  }

  void require_end() const {
    if (!rest_.empty())
      throw Error(Code::invalid_argument, fmt::format("{} bytes follow the trust list", rest_.size()));
  }

 private:
  ByteView take(std::size_t size) {
    if (size > rest_.size()) refuse_end();
    const ByteView field = rest_.first(size);
    rest_ = rest_.subspan(size);
    return field;
  }

  [[noreturn]] static void refuse_end() {
    throw Error(Code::invalid_argument, "the trust list ends before what its lengths announce");
  }

  ByteView rest_;
};

}  // namespace

TrustList select(const TrustList& list, TrustListMask mask) {
  TrustList selected{.specified = mask & list.specified};
  for (const Part& part : parts)
    if ((selected.specified & part.mask) != 0) selected.*part.list = list.*part.list;
  return selected;
}

TrustList merge(TrustList list, const TrustList& change) {
  for (const Part& part : parts)
    if ((change.specified & part.mask) != 0) list.*part.list = change.*part.list;
  list.specified |= change.specified;
  return list;
}

std::size_t encoded_size(const TrustList& list) {
  std::size_t size = length_size * (1 + parts.size());
  for (const Part& part : parts)
    for (const Bytes& item : list.*part.list) size += length_size + item.size();
  return size;
}

Bytes encode_trust_list(const TrustList& list) {
  Bytes out;
  out.reserve(encoded_size(list));
  put(out, list.specified);
  for (const Part& part : parts) put_array(out, list.*part.list);
  return out;
}

TrustList decode_trust_list(ByteView blob) {
  Reader reader(blob);
  TrustList list{.specified = reader.number()};
  if ((list.specified & ~all_lists_mask) != 0)
    throw Error(Code::invalid_argument, fmt::format("the trust list specifies unknown lists: {:#x}", list.specified));
  for (const Part& part : parts) {
    list.*part.list = reader.array();
    if ((list.specified & part.mask) == 0 && !(list.*part.list).empty())
      throw Error(Code::invalid_argument, fmt::format("the trust list has {} that it does not specify", part.name));
  }
  reader.require_end();
  return list;
}

}  // namespace edgeseal::agent
