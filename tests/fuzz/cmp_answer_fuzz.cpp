// What a CMP server answers to the request for a certificate: as it is, or, behind a first byte of 1, as the body of a
// message that is addressed and protected as it should be, which goes deeper.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "enroll/cmp/client.h"
#include "enroll/cmp/general_message.h"
#include "enroll/der_reader.h"
#include "tests/enroll/cmp/fake_timer.h"
#include "tests/enroll/cmp/forgery.h"
#include "tests/enroll/cmp/shared_secret.h"

namespace {

using namespace edgeseal::enroll;
using namespace edgeseal::test;

constexpr unsigned recipient_nonce = 0xA6;
constexpr std::byte sender_nonce{0xA5};

void require(bool holds) {
  if (!holds) std::abort();
}

// To this request, with this body.
std::string answer(ByteView request, ByteView body) {
  Forgery message{std::string(text_of(request))};
  Bytes nonce;
  for (const Bytes& field : message.header)
    if (field[0] == sender_nonce) nonce = field;
  nonce[0] = std::byte{recipient_nonce};
  message.header.push_back(nonce);
  message.body.assign(body.begin(), body.end());
  message.extra_certificates.clear();
  return message.with_mac(server_secret);
}

struct Device {
  Key key = ec_key();
  cmp::Settings settings;
  cmp::Enrolment enrolment{cmp::RequestKind::initialization, signing_request("gateway", key), key, {}};

  Device() {
    const ByteView secret = bytes_of(server_secret);
    settings.server.url = "http://ca.example";
    settings.credential = cmp::SharedSecret{server_reference, SecretBytes(secret.begin(), secret.end())};
    settings.patience = std::chrono::minutes(2);
  }
};

void enrol(const Device& device, const cmp::Transfer::Exchange& exchange) {
  FakeTimer timer;
  try {
    (void)cmp::Client(device.settings, exchange, timer).enrol(device.enrolment, [&device](const cmp::Offer& offer) {
      require(EVP_PKEY_eq(X509_get0_pubkey(offer.received.at(0).get()), device.key.get()) == 1);
      return IssuedCertificate{offer.received.front(), {}};
    });
  } catch (const Error&) {
  }
}

template <class Parse>
void parses_or_refuses(const Parse& parse) {
  try {
    (void)parse();
  } catch (const Error&) {
  } catch (const MalformedDer&) {
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Device device;
  const ByteView input = std::as_bytes(std::span(data, size));
  const bool is_body = !input.empty() && input[0] == std::byte{1};
  enrol(device, [&](const HttpRequest& request, const std::stop_token&) {
    HttpResponse response{200, {{"content-type", "application/pkixcmp"}}, {input.begin(), input.end()}};
    if (!is_body) return response;
    const std::string text = answer(request.body, input.subspan(1));
    response.body.assign(bytes_of(text).begin(), bytes_of(text).end());
    return response;
  });
  parses_or_refuses([input] { return cmp::parse_ca_certificates(input); });
  parses_or_refuses([input] { return cmp::parse_root_update(input); });
  return 0;
}
