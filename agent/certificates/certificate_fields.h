#pragma once

#include <chrono>

#include "agent/openssl.h"

// What certificates that are made here have in common. All throw Error{internal_error}.
namespace edgeseal::agent {

// Positive and not guessable (RFC 5280 §4.1.2.2).
void set_serial_number(X509& certificate);
// From a day before `now`, for devices whose clocks differ; 99991231235959Z is the latest that X.509 can say.
void set_validity(X509& certificate, std::chrono::system_clock::time_point now, std::chrono::days lifetime);
// Of its key, and of the key of its issuer, which may be itself. Both have their keys.
void push_key_identifiers(X509& certificate, X509& issuer);

// As the key that signs (DER SubjectPublicKeyInfo) does it.
void set_signature_algorithm(X509& certificate, tpm::ByteView public_key);
void set_certificate_signature(X509& certificate, tpm::ByteView signature);

}  // namespace edgeseal::agent
