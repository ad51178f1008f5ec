// A ticket that comes from outside is refused with a reason, or says which device or composite it is for.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "agent/error.h"
#include "agent/onboarding/ticket_verification.h"

namespace {

using namespace edgeseal::agent;

void require(bool holds) {
  if (!holds) std::abort();
}

void check(const Ticket& ticket) {
  require((ticket.kind == TicketKind::device) == ticket.composite_instance_uri.empty());
  require(ticket.product_instance_uri.empty() != ticket.composite_instance_uri.empty());
  require(ticket.manufacturer_name.size() <= max_ticket_text && ticket.devices.size() <= max_ticket_parts);
  for (const TicketAuthority& authority : ticket.authorities) require(authority.issuers.size() <= max_ticket_parts);
}

// Only what read_ticket() and parse_ticket() promise.
template <class Read>
void refuses_or_reads(const Read& read) {
  try {
    check(read());
  } catch (const Error& error) {
    require(error.code() == Code::invalid_argument || error.code() == Code::request_too_large);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  refuses_or_reads([&] { return parse_ticket({reinterpret_cast<const char*>(data), size}); });
  refuses_or_reads([&] { return read_ticket(std::as_bytes(std::span(data, size))); });
  try {
    (void)verify_ticket(std::as_bytes(std::span(data, size)), {}, std::chrono::system_clock::time_point{});
    require(false);  // nobody is trusted
  } catch (const Error&) {
  }
  return 0;
}
