#include "provider/trust_anchors.h"

#include "provider/wiped.h"

namespace edgeseal::provider {
namespace {

constexpr int attempts = 4;  // at a list that changes while it is read

enum class Outcome { complete, changed, failed };

bool append(const wire::CertificateList& list, CertificateBundle& anchors) noexcept {
  for (const ByteView certificate : std::span(list.certificates).first(list.count)) {
    if (!anchors.append(certificate)) return false;
  }
  return true;
}

// A page has something, and not more than is missing.
bool continues(const wire::TrustAnchorsResponse& page, std::size_t count) noexcept {
  const std::size_t end = count + page.certificates.count;
  if (end <= page.total && (page.certificates.count > 0 || count == page.total)) return true;
  raise_error(Reason::agent_answer_malformed, "%zu of %u trust anchors after %zu", page.certificates.count,
              unsigned{page.total}, count);
  return false;
}

bool is_in_time(const Deadline& deadline) noexcept {
  if (!deadline.passed()) return true;
  raise_error(Reason::agent_timeout, "all trust anchors take longer than timeout-ms");
  return false;
}

Outcome collect(Context& context, std::string_view key_name, MutableByteView record, const Deadline& deadline,
                CertificateBundle& anchors) noexcept {
  wire::TrustAnchorsResponse first, page;
  std::uint16_t count = 0;
  anchors.clear();
  do {
    if (!is_in_time(deadline) ||
        !context.agent.trust_anchors({.key_name = key_name, .first = count}, record, page, deadline))
      return Outcome::failed;
    if (count == 0) first = page;
    if (page.generation != first.generation || page.total != first.total) return Outcome::changed;
    if (!continues(page, count) || !append(page.certificates, anchors)) return Outcome::failed;
    count = static_cast<std::uint16_t>(count + page.certificates.count);
  } while (count < page.total);
  return Outcome::complete;
}

}  // namespace

// libcrypto opens the store anew for every issuer that it looks for, so that one handshake would wait many times.
bool fetch_trust_anchors(Context& context, std::string_view key_name, CertificateBundle& anchors) noexcept {
  const Deadline deadline(context.settings.timeout);
  if (context.silence.lasts()) {
    raise_error(Reason::agent_timeout, "it gave no trust anchors a moment ago either");
    return false;
  }
  RecordBuffer record(wire::max_message_size);
  for (int attempt = 0; attempt < attempts; ++attempt) {
    const Outcome outcome = collect(context, key_name, record.view(), deadline, anchors);
    if (deadline.passed()) context.silence.note(context.settings.timeout);
    if (outcome != Outcome::changed) return outcome == Outcome::complete;
  }
  raise_error(Reason::agent_busy, "the trust anchors changed %d times while they were read; try again", attempts);
  return false;
}

}  // namespace edgeseal::provider
