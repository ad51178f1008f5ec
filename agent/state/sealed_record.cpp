#include "agent/state/sealed_record.h"

#include <fmt/format.h>

namespace edgeseal::agent {

namespace {

constexpr std::string_view kind = "record";
constexpr std::size_t seal_size = 32;

}  // namespace

std::optional<Bytes> SealedRecord::read() const {
  const auto stored = state_.record(name_);
  if (!stored) return std::nullopt;
  const ByteView whole(*stored);
  const std::size_t size = std::min(seal_size, whole.size());
  const ByteView content = whole.subspan(size);
  if (!seal_.holds(kind, name_, content, whole.first(size)))
    throw Error(Code::security_checks_failed,
                fmt::format("the record {} on the disk was not written by this agent; remedy: restore the state from a "
                            "backup, or reset the device to setup",
                            name_));
  return Bytes(content.begin(), content.end());
}

std::optional<Bytes> SealedRecord::unproven() const {
  const auto stored = state_.record(name_);
  if (!stored || stored->size() < seal_size) return std::nullopt;
  return Bytes(stored->begin() + seal_size, stored->end());
}

void SealedRecord::write(ByteView content) {
  Bytes whole = seal_.seal(kind, name_, content);
  whole.insert(whole.end(), content.begin(), content.end());
  state_.put_record(name_, whole);
}

}  // namespace edgeseal::agent
