#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "agent/onboarding/ticket.h"
#include "agent/trust/strength.h"
#include "agent/trust/trust_list.h"

namespace edgeseal::agent {

inline constexpr std::size_t max_ticket_size = 64 * 1024;
// Of CRLs, for all signatures of a ticket together, as max_path_signatures of certificates. Who signs for whom, and how
// often, is up to who sent them.
inline constexpr unsigned max_ticket_crl_signatures = 256;

// One signature of a ticket, in words.
struct TicketSignature {
  std::string signer;   // subject of the certificate that it names, RFC 2253; empty: it names none
  std::string problem;  // why it counts for nothing; empty: it is valid, by somebody who is trusted
};

struct VerifiedTicket {
  Ticket ticket;
  std::vector<TicketSignature> signatures;  // in their order
};

// The form of an EncodedTicket (OPC 10000-21 §8.1): a JWS in the general serialization with a ticket in it, and a
// signature by an algorithm that is one. Nothing is verified. Throws Error{invalid_argument, request_too_large}.
[[nodiscard]] Ticket read_ticket(ByteView encoded);

// OPC 10000-21 §6.4: one valid signature by a certificate that `authorities` trust is enough. Where there are no CRLs
// among these, nobody can say what was revoked, and that is no reason to refuse. Throws, besides what read_ticket()
// does, Error{security_checks_failed} that says of each signature why it counts for nothing, and
// Error{request_too_large} where there is more to verify than max_ticket_crl_signatures.
[[nodiscard]] VerifiedTicket verify_ticket(ByteView encoded, TrustList authorities,
                                           std::chrono::system_clock::time_point now,
                                           const MinimumStrength& strength = {});

}  // namespace edgeseal::agent
