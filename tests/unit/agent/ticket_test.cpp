#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "agent/onboarding/ticket.h"
#include "agent/onboarding/ticket_verification.h"
#include "agent/trust/path.h"
#include "tests/unit/agent/error_code.h"
#include "tests/unit/agent/ticket_maker.h"

using namespace edgeseal;
using agent::Bytes;
using agent::Code;
using agent::TicketKind;
using agent::TrustList;
using agent::VerifiedTicket;
using nlohmann::json;
using test::device_ticket;
using test::encoded_ticket;
using test::has_code;
using test::TicketMaker;

namespace {

using std::chrono::system_clock;

struct Fixture {
  [[nodiscard]] VerifiedTicket verify(const Bytes& ticket, const TrustList& list) const {
    return agent::verify_ticket(ticket, list, system_clock::now());
  }
  [[nodiscard]] VerifiedTicket verify(const Bytes& ticket) const { return verify(ticket, trusted); }
  void expect_untrusted(const Bytes& ticket) const {
    BOOST_CHECK_EXCEPTION((void)verify(ticket), agent::Error, has_code(Code::security_checks_failed));
  }
  // A part of the ticket, after it was signed.
  [[nodiscard]] Bytes altered(const std::function<void(json&)>& alter) const {
    json jws = {{"payload", jose::encode_base64url(jose::bytes_of(device_ticket))},
                {"signatures", {maker.signature(device_ticket)}}};
    alter(jws);
    return test::bytes_of(jws.dump());
  }

  const test::Authority authority{"ticket CA"}, stranger{"another CA"};
  const TicketMaker maker{authority}, unknown{stranger};
  const TrustList trusted{.trusted_certificates = {authority.certificate()}};
};

agent::Ticket parse(const std::string& text) {
  return agent::parse_ticket(text);
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(tickets, Fixture)

BOOST_AUTO_TEST_CASE(G16_a_ticket_that_somebody_trusted_signed_is_good) {
  const VerifiedTicket ticket = verify(encoded_ticket(device_ticket, {maker.signature(device_ticket)}));
  BOOST_TEST((ticket.ticket.kind == TicketKind::device));
  BOOST_TEST(ticket.ticket.product_instance_uri == "urn:example.com:gateway:4711");
  BOOST_TEST(ticket.ticket.serial_number == "4711");
  BOOST_TEST(ticket.signatures.front().signer == "CN=ticket signer");
}

BOOST_AUTO_TEST_CASE(G16_one_trusted_signature_of_several_is_enough) {
  const VerifiedTicket ticket =
      verify(encoded_ticket(device_ticket, {unknown.signature(device_ticket), maker.signature(device_ticket),
                                            maker.signature(device_ticket, {{"alg", "none"}})}));
  BOOST_REQUIRE(ticket.signatures.size() == 3u);
  BOOST_TEST(!ticket.signatures[0].problem.empty());
  BOOST_TEST(ticket.signatures[1].problem.empty());
  BOOST_TEST(!ticket.signatures[2].problem.empty());
}

BOOST_AUTO_TEST_CASE(G16_signatures_of_strangers_alone_are_refused) {
  expect_untrusted(encoded_ticket(device_ticket, {unknown.signature(device_ticket)}));
  expect_untrusted(encoded_ticket(device_ticket, {maker.signature(device_ticket, {{"alg", "ES256"}})}));
}

BOOST_AUTO_TEST_CASE(the_signatures_of_revocation_lists_that_are_verified_for_a_ticket_are_bounded) {
  constexpr unsigned lists = 32;
  TrustList list = trusted;
  for (unsigned i = 0; i < lists; ++i)
    list.trusted_crls.push_back(authority.crl({}, test::Days(-1), test::Days(30 + static_cast<int>(i))));
  const auto signed_times = [&](unsigned times) {
    return verify(encoded_ticket(device_ticket, std::vector(times, maker.signature(device_ticket))), list);
  };
  constexpr unsigned most = agent::max_ticket_crl_signatures / lists;
  BOOST_TEST(signed_times(most).signatures.back().problem.empty());
  BOOST_CHECK_EXCEPTION((void)signed_times(most + 1), agent::Error, [](const agent::Error& error) {
    return has_code(Code::request_too_large)(error) && std::string(error.what()).find("remedy: ") != std::string::npos;
  });
}

BOOST_AUTO_TEST_CASE(the_signatures_of_certificates_that_are_verified_for_a_ticket_are_bounded) {
  constexpr std::size_t decoys = 30, of_a_path = decoys + 2;  // the issuer's, and his own
  constexpr std::size_t times = 16;
  TrustList list;
  for (std::size_t i = 0; i < decoys; ++i)
    list.trusted_certificates.push_back(test::Authority("ticket CA").certificate());
  list.trusted_certificates.push_back(authority.certificate());
  const auto signatures =
      verify(encoded_ticket(device_ticket, std::vector(times, maker.signature(device_ticket))), list).signatures;
  BOOST_TEST_REQUIRE(signatures.size() == times);
  for (std::size_t i = 0; i < times; ++i)
    BOOST_TEST(signatures[i].problem.empty() == (i < agent::max_path_signatures / of_a_path), signatures[i].problem);
}

BOOST_AUTO_TEST_CASE(G16_a_certificate_of_somebody_else_in_the_header_does_not_help) {
  const json header{{"alg", "ES256"}, {"x5c", {test::standard_base64(maker.certificate())}}};
  expect_untrusted(encoded_ticket(device_ticket, {unknown.signature(device_ticket, header)}));
}

BOOST_AUTO_TEST_CASE(G16_an_altered_payload_is_refused) {
  expect_untrusted(altered([](json& jws) {
    std::string payload = device_ticket;
    payload.replace(payload.find("4711"), 4, "4712");
    jws["payload"] = jose::encode_base64url(jose::bytes_of(payload));
  }));
}

BOOST_AUTO_TEST_CASE(G16_an_altered_protected_header_is_refused) {
  expect_untrusted(altered([this](json& jws) {
    const json header{{"alg", "ES256"}, {"typ", "other"}, {"x5c", {test::standard_base64(maker.certificate())}}};
    jws["signatures"][0]["protected"] = jose::encode_base64url(jose::bytes_of(header.dump()));
  }));
}

BOOST_DATA_TEST_CASE(G16_no_algorithm_and_unknown_ones_are_refused,
                     boost::unit_test::data::make({"none", "None", "HS256", "ES257", ""}), algorithm) {
  const json header{{"alg", algorithm}, {"x5c", {test::standard_base64(maker.certificate())}}};
  const Bytes ticket = encoded_ticket(device_ticket, {maker.signature(device_ticket, header)});
  expect_untrusted(ticket);
  BOOST_CHECK_EXCEPTION((void)agent::read_ticket(ticket), agent::Error, has_code(Code::invalid_argument));
}

BOOST_AUTO_TEST_CASE(G16_the_signer_may_be_named_by_the_thumbprint_of_a_trusted_certificate) {
  const json header{{"alg", "ES256"}, {"x5t#S256", jose::encode_base64url(agent::sha256(maker.certificate()))}};
  const Bytes ticket = encoded_ticket(device_ticket, {maker.signature(device_ticket, header)});
  expect_untrusted(ticket);  // the CA alone does not know its certificate
  const TrustList list{.trusted_certificates = {maker.certificate()}, .issuer_certificates = {authority.certificate()}};
  BOOST_TEST(verify(ticket, list).signatures.front().problem.empty());
}

BOOST_AUTO_TEST_CASE(G16_a_signer_who_has_expired_or_was_revoked_is_refused) {
  auto fields = TicketMaker::signer_fields();
  fields.from = test::Days(-10);
  fields.to = test::Days(-1);
  const TicketMaker expired(authority, fields);
  expect_untrusted(encoded_ticket(device_ticket, {expired.signature(device_ticket)}));
  const TrustList with_crl{.trusted_certificates = {authority.certificate()},
                           .trusted_crls = {authority.crl({maker.certificate()})}};
  BOOST_CHECK_EXCEPTION((void)verify(encoded_ticket(device_ticket, {maker.signature(device_ticket)}), with_crl),
                        agent::Error, has_code(Code::security_checks_failed));
}

BOOST_AUTO_TEST_CASE(what_is_no_general_serialization_is_no_ticket) {
  for (const char* text : {"", "{}", "[]", "eyJhbGciOiJub25lIn0.e30.", R"({"payload":"e30","signatures":[]})",
                           R"({"payload":"e30","protected":"e30","signature":""})"})
    BOOST_CHECK_EXCEPTION((void)agent::read_ticket(test::bytes_of(text)), agent::Error,
                          has_code(Code::invalid_argument));
  BOOST_CHECK_EXCEPTION((void)agent::read_ticket(Bytes(agent::max_ticket_size + 1)), agent::Error,
                        has_code(Code::request_too_large));
}

BOOST_AUTO_TEST_CASE(a_composite_names_its_parts) {
  const auto ticket = parse(R"({"CompositeInstanceUri":"urn:example.com:cabinet:1",
    "Devices":["urn:example.com:gateway:4711","urn:example.com:gateway:4712"],"Composites":["urn:example.com:rack:9"]})");
  BOOST_TEST((ticket.kind == TicketKind::composite));
  BOOST_TEST(ticket.devices.size() == 2u);
  BOOST_TEST(ticket.composites.front() == "urn:example.com:rack:9");
}

BOOST_AUTO_TEST_CASE(authorities_are_certificates_with_their_issuers) {
  const auto ticket = parse(
      R"({"ProductInstanceUri":"urn:a:b","Authorities":[{"AuthorityCertificate":"AQI=","IssuerCertificates":["Aw=="]}]})");
  BOOST_REQUIRE(ticket.authorities.size() == 1u);
  BOOST_TEST((ticket.authorities.front().certificate == Bytes{std::byte{1}, std::byte{2}}));
  BOOST_TEST((ticket.authorities.front().issuers == std::vector<Bytes>{{std::byte{3}}}));
}

BOOST_AUTO_TEST_CASE(the_envelope_of_an_extension_object_is_taken_off) {
  const auto ticket = parse(R"({"TypeId":{"Id":1166,"Namespace":1},"Body":{"ProductInstanceUri":"urn:a:b"}})");
  BOOST_TEST(ticket.product_instance_uri == "urn:a:b");
}

BOOST_AUTO_TEST_CASE(members_that_are_null_or_unknown_are_passed_over) {
  const auto ticket = parse(R"({"ProductInstanceUri":"urn:a:b","ModelName":null,"Authorities":null,"Vendor":[1,2]})");
  BOOST_TEST(ticket.model_name.empty());
  BOOST_TEST(ticket.authorities.empty());
}

BOOST_DATA_TEST_CASE(
    what_is_no_ticket_is_refused,
    boost::unit_test::data::make({"", "null", "7", "[]", "{}", R"({"ProductInstanceUri":7})",
                                  R"({"ProductInstanceUri":"urn:a:b","CompositeInstanceUri":"urn:c:d"})",
                                  R"({"ProductInstanceUri":"urn:a:b","ModelName":{}})",
                                  R"({"ProductInstanceUri":"urn:a:b","Devices":"urn:a:b"})",
                                  R"({"ProductInstanceUri":"urn:a:b","Devices":[7]})",
                                  R"({"ProductInstanceUri":"urn:a:b","Authorities":["AQI="]})",
                                  R"({"ProductInstanceUri":"urn:a:b","Authorities":[{}]})",
                                  R"({"ProductInstanceUri":"urn:a:b","Authorities":[{"AuthorityCertificate":"!"}]})",
                                  R"({"ProductInstanceUri":"urn:a:b","ProductInstanceUri":"urn:c:d"})",
                                  R"({"ProductInstanceUri":"urn:a:b"} )"
                                  "x"}),
    text) {
  BOOST_CHECK_EXCEPTION((void)parse(text), agent::Error, has_code(Code::invalid_argument));
}

BOOST_AUTO_TEST_CASE(long_texts_and_lists_are_refused) {
  BOOST_CHECK_THROW((void)parse(R"({"ProductInstanceUri":")" + std::string(agent::max_ticket_text + 1, 'a') + "\"}"),
                    agent::Error);
  json many{{"ProductInstanceUri", "urn:a:b"}};
  for (std::size_t i = 0; i <= agent::max_ticket_parts; ++i) many["Devices"].push_back("urn:a:b");
  BOOST_CHECK_THROW((void)parse(many.dump()), agent::Error);
}

BOOST_AUTO_TEST_SUITE_END()
