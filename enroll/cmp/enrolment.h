#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "enroll/cmp/endpoint.h"
#include "enroll/issued_certificate.h"

namespace edgeseal::enroll::cmp {

// What to ask the server for.
struct Enrolment {
  // initialization: the first certificate of a device that the server knows by a secret or by another authority's
  // certificate; key_update: the next one in place of `current`; pkcs10: a PKCS #10 request as it is, for keys that
  // sign nothing else.
  RequestKind kind = RequestKind::initialization;
  // PKCS #10, DER. The whole of it counts for pkcs10, subject and extensions for the others. A key update without it
  // asks for those of the current certificate.
  Bytes request;
  Key new_key;           // signs the proof of possession; not for pkcs10
  Certificate current;   // key_update: the one to replace
  Bytes continuation{};  // of this request, where it waits already
  // Takes the continuation, where the server lets wait for longer than our patience lasts. May be empty.
  std::function<void(const Bytes& continuation)> keep{};
};

// A certificate for the right key, before it is taken.
struct Offer {
  std::vector<Certificate> received;  // that certificate first, then what came along
  // Trust anchors that the server gave along (RFC 9810 §5.3.2) and had the right to, by the shared secret.
  std::vector<Certificate> ca_pubs;
};
// What is taken of it. Says by an Error why nothing is; the server is then told.
using Acceptance = std::function<IssuedCertificate(const Offer& offer)>;

// What came of it. Nothing of it is stored or trusted yet.
struct Outcome {
  IssuedCertificate issued;
  std::vector<Certificate> ca_pubs;          // see Offer
  std::vector<Certificate> ignored_ca_pubs;  // those that it had no right to give
  std::optional<std::string> modified;       // see Result
};

}  // namespace edgeseal::enroll::cmp
