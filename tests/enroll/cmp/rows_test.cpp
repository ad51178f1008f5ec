// Rows EN16 to EN26: whatever a CMP server answers, nothing is stored that should not be.

#include <boost/test/unit_test.hpp>

#include "enroll/der_reader.h"
#include "tests/enroll/cmp/fixture.h"
#include "tests/enroll/cmp/forgery.h"

namespace {

using namespace edgeseal::test;
using namespace edgeseal::enroll;
using std::chrono::hours;
using std::chrono::seconds;

constexpr unsigned sequence = 0x30;
constexpr unsigned context_0 = 0xA0;
constexpr unsigned context_1 = 0xA1;
constexpr unsigned context_6 = 0xA6;
constexpr unsigned revocation_response = 12;

BOOST_FIXTURE_TEST_SUITE(cmp_rows, CmpFixture)

BOOST_AUTO_TEST_CASE(EN14_a_clock_that_nobody_has_set_is_told_from_a_stranger) {
  cmp::Settings settings = with_certificate();
  bool synchronised = false;
  settings.clock = [&synchronised] {
    return TimeOfDay{std::chrono::system_clock::now() - hours(24 * 365), synchronised};
  };
  BOOST_TEST(refusal(settings, first_certificate()) == "clock");
  synchronised = true;
  BOOST_TEST(refusal(settings, first_certificate()) == "protection");
}

BOOST_AUTO_TEST_CASE(EN16_what_is_no_cmp_message_is_an_error_of_transport) {
  const std::string page = "<html><body>captive portal</body></html>";
  const std::vector<HttpReply> replies{{200, "text/html", page},
                                       {200, "application/pkixcmp", page},
                                       {200, "application/pkixcmp", "\x30\x03\x02\x01\x01"},
                                       {200, "application/pkixcmp", ""},
                                       {200, "application/pkixcmp", std::string("\x30\x80\x00\x00", 4)},
                                       {200, "", "x"},
                                       {404, "text/plain", "no such profile"},
                                       {500, "text/plain", "out of memory\x1b[2J"},
                                       {500, "", ""}};
  for (const HttpReply& reply : replies) {
    server.alter = [&reply](HttpReply& answer, int) { answer = reply; };
    BOOST_TEST_CONTEXT(reply.status << " " << reply.content_type << " " << reply.body)
    BOOST_TEST(refusal() == "transport");
    BOOST_TEST(message.find('\x1b') == std::string::npos);
  }
  for (const std::size_t size : {1U, 100U, 400U}) {
    alter_first([size](const std::string& answer) { return answer.substr(0, size); });
    BOOST_TEST(refusal() == "transport");
  }
}

BOOST_AUTO_TEST_CASE(EN17_a_recorded_answer_is_a_replay) {
  std::string recorded;
  server.alter = [&recorded](HttpReply& reply, int number) {
    if (number == 0) recorded = reply.body;
  };
  (void)enrol(with_secret(), first_certificate());
  alter_first([&recorded](const std::string&) { return recorded; });
  BOOST_TEST(refusal() == "replay");
  alter_first([](const std::string& answer) {  // of this transaction, and not of this message
    Forgery forged(answer);
    for (Bytes& field : forged.header)
      if (field[0] == std::byte{context_6}) field.back() ^= std::byte{1};
    return forged.with_mac(server_secret);
  });
  BOOST_TEST(refusal() == "replay");
}

BOOST_AUTO_TEST_CASE(EN18_a_wrong_secret_on_either_side_is_told_and_costs_nothing) {
  server.use_secret("another secret of the server");
  BOOST_TEST(refusal() == "protection");
  server.use_secret(server_secret);
  alter_first([](const std::string& answer) { return Forgery(answer).with_mac("a guessed secret"); });
  BOOST_TEST(refusal() == "protection");
  server.alter = nullptr;
  BOOST_TEST(static_cast<bool>(enrol(with_secret(), first_certificate()).issued.certificate));
}

BOOST_AUTO_TEST_CASE(EN19_an_answer_without_protection_or_with_anothers_is_refused) {
  const Identity stranger = Identity::root("Test plant CA");
  const Identity neighbour = Identity::of({"neighbour", device_extensions}, server.root);
  alter_first([](const std::string& answer) { return Forgery(answer).unprotected(); });
  BOOST_TEST(refusal() == "protection");
  alter_first([&](const std::string& answer) { return Forgery(answer).with_signature(stranger); });
  BOOST_TEST(refusal() == "protection");
  alter_first([&](const std::string& answer) { return Forgery(answer).with_signature(neighbour); });
  BOOST_TEST(refusal() == "protection");
  BOOST_TEST(message.find("no certification or registration authority") != std::string::npos);
  alter_first([&](const std::string& answer) {
    return Forgery(answer).with_signature({stranger.key, server.root.certificate});
  });
  BOOST_TEST(refusal() == "protection");
}

BOOST_AUTO_TEST_CASE(EN19_an_error_without_protection_is_refused) {
  server.fails = true;
  BOOST_TEST(refusal() == "rejected");
  server.send_unprotected_errors();
  BOOST_TEST(refusal() == "protection");
}

BOOST_AUTO_TEST_CASE(EN20_a_certificate_for_another_key_is_rejected_and_the_server_told) {
  server.certified = ec_key();
  BOOST_TEST(refusal() == "key-mismatch");
  BOOST_TEST(server.seen().rejected == 1);
  BOOST_TEST(refusal(with_certificate(), next_certificate()) == "key-mismatch");
  BOOST_TEST(server.seen().rejected == 2);
}

BOOST_AUTO_TEST_CASE(EN20_an_unsuitable_certificate_is_rejected_and_the_server_told) {
  server.certificate_extensions = ca_extensions;
  BOOST_TEST(refusal() == "unsuitable-certificate");
  BOOST_TEST(server.seen().rejected == 1);
}

BOOST_AUTO_TEST_CASE(EN21_a_weak_mac_and_one_that_costs_too_much_are_refused) {
  const Bytes beyond_measure = der(0x02, Bytes(9, std::byte{0x7F}));
  const std::vector<MacClaim> claims{{16, NID_sha256, der_integer(1)},
                                     {16, NID_sha256, der_integer(499)},
                                     {16, NID_sha256, der_integer(100'001)},
                                     {16, NID_sha256, der_integer(std::int64_t{1} << 31U)},
                                     {16, NID_sha256, der_integer(-1)},
                                     {16, NID_sha256, beyond_measure},
                                     {0},
                                     {7},
                                     {16, NID_md5},
                                     {16, NID_sha1},
                                     {16, NID_sha256, der_integer(500), NID_hmac_md5}};
  for (std::size_t number = 0; number < claims.size(); ++number) {
    alter_first([&](const std::string& answer) { return Forgery(answer).with_claim(claims[number]); });
    BOOST_TEST_CONTEXT("claim " << number) BOOST_TEST(refusal() == "weak-protection");
  }
}

BOOST_AUTO_TEST_CASE(EN21_a_weak_signature_is_refused) {
  alter_first(
      [this](const std::string& answer) { return Forgery(answer).with_signature(server.root, NID_ecdsa_with_SHA1); });
  BOOST_TEST(refusal() == "weak-protection");
}

BOOST_AUTO_TEST_CASE(EN21_a_secret_that_can_be_guessed_wants_tls) {
  for (const std::string weak : {"1234", "abcdefghijklmnop", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"})
    BOOST_TEST(refusal(with_secret(weak), first_certificate()) == "weak-protection");
  BOOST_TEST(server.seen().paths.empty());
}

BOOST_AUTO_TEST_CASE(EN22_the_time_to_ask_again_has_bounds) {
  const auto waited = [](std::int64_t check_after) {
    CmpFixture other;
    other.server.polls = 1;
    other.server.check_after = check_after;
    cmp::Settings settings = other.with_secret();
    settings.patience = hours(48);
    (void)other.enrol(settings, other.first_certificate());
    return other.timer.waits.at(0);
  };
  BOOST_TEST(waited(0).count() == 1);
  BOOST_TEST(waited(7).count() == 7);
  BOOST_TEST(waited(-5).count() == 60);
  BOOST_TEST(waited(1'000'000'000).count() == 86'400);
  BOOST_TEST(waited(1'000'000'000'000).count() == 60);
}

BOOST_AUTO_TEST_CASE(EN22_nobody_waits_longer_at_a_time_than_the_patience_lasts) {
  server.polls = 1'000'000;
  server.check_after = 60;
  cmp::Settings settings = with_secret();
  settings.patience = hours(1);
  BOOST_TEST(refusal(settings, first_certificate()) == "waiting");
  BOOST_TEST(timer.waits.size() == 60U);
}

BOOST_AUTO_TEST_CASE(EN22_a_request_that_waits_goes_on_in_another_run) {
  for (const cmp::Settings& credential : {with_secret(), with_certificate()})
    for (const cmp::RequestKind kind : {cmp::RequestKind::initialization, cmp::RequestKind::pkcs10}) {
      CmpFixture other;
      other.server.polls = 5;
      other.server.check_after = 20;
      cmp::Settings settings = other.with_certificate();
      if (std::holds_alternative<cmp::SharedSecret>(credential.credential)) settings = other.with_secret();
      settings.patience = seconds(30);
      cmp::Enrolment enrolment = other.first_certificate();
      enrolment.kind = kind;
      enrolment.keep = [&enrolment](const Bytes& continuation) { enrolment.continuation = continuation; };
      for (int run = 0; run < 2; ++run) BOOST_TEST(other.refusal(settings, enrolment) == "waiting");
      (void)other.enrol(settings, enrolment);
      BOOST_TEST(other.server.seen().confirmed == 1);
      BOOST_TEST(other.server.seen().aborted == 0);
      for (const std::string& transaction : other.server.seen().transactions)
        BOOST_TEST((transaction == other.server.seen().transactions.front()));
    }
}

BOOST_AUTO_TEST_CASE(EN22_what_is_no_continuation_begins_anew) {
  cmp::Enrolment enrolment = first_certificate();
  for (const char* text : {"x", "0\x03\x02\x01\x01", "<html>"}) {
    const ByteView bytes = bytes_of(text);
    enrolment.continuation.assign(bytes.begin(), bytes.end());
    (void)enrol(with_secret(), enrolment);
  }
  BOOST_TEST(server.seen().confirmed == 3);
}

BOOST_AUTO_TEST_CASE(EN22_a_server_that_cannot_be_reached_for_a_while_is_asked_again) {
  server.polls = 2;
  server.down_at = 2;
  BOOST_TEST(static_cast<bool>(enrol(with_secret(), first_certificate()).issued.certificate));
  BOOST_TEST(server.seen().confirmed == 1);
}

BOOST_AUTO_TEST_CASE(EN23_modifications_are_reported) {
  server.status = OSSL_CMP_PKISTATUS_grantedWithMods;
  server.status_text = "shorter than you wished";
  const cmp::Outcome outcome = enrol(with_secret(), first_certificate());
  BOOST_TEST_REQUIRE(outcome.modified.has_value());
  BOOST_TEST(outcome.modified->find("shorter than you wished") != std::string::npos);
}

// Of an answer with one certificate: the list of CertResponse in it, changed.
std::string with_responses(const std::string& answer, const std::function<Bytes(const Bytes&)>& change) {
  Forgery forged(answer);
  DerReader content(forged.body_content());
  DerReader reply = content.sequence();
  const ByteView response = DerReader(reply.next().content).next().whole;
  forged.set_body(1, der(sequence, der(sequence, change({response.begin(), response.end()}))));
  return forged.with_mac(server_secret);
}

BOOST_AUTO_TEST_CASE(EN23_only_the_response_to_our_request_counts) {
  alter_first([](const std::string& answer) {
    return with_responses(answer, [](Bytes response) {
      const Bytes once = response;
      response.insert(response.end(), once.begin(), once.end());
      return response;
    });
  });
  BOOST_TEST(refusal() == "transport");
  alter_first([](const std::string& answer) {
    return with_responses(answer, [](const Bytes& response) {
      std::vector<Bytes> fields;
      for (DerReader reader(DerReader(response).next().content); !reader.at_end();) {
        const ByteView field = reader.next().whole;
        fields.emplace_back(field.begin(), field.end());
      }
      fields.at(0) = der_integer(5);
      return der(sequence, fields);
    });
  });
  BOOST_TEST(refusal() == "transport");
}

BOOST_AUTO_TEST_CASE(EN23_anchors_that_come_along_count_with_a_shared_secret_alone) {
  server.ca_pubs = {Identity::root("Somebody else").certificate};
  BOOST_TEST(enrol(with_secret(), first_certificate()).ca_pubs.size() == 1U);
  const cmp::Outcome ignored = enrol(with_certificate(), first_certificate());
  BOOST_TEST(ignored.ca_pubs.empty());
  BOOST_TEST(ignored.ignored_ca_pubs.size() == 1U);
}

BOOST_AUTO_TEST_CASE(EN24_a_flood_of_certificates_is_refused) {
  const Bytes small = der_of(server.root.certificate);
  const Bytes large = der_of(server.root.issue({"large", device_extensions, 30, EVP_sha256(), 20'000}, ec_key()));
  const Bytes huge = der_of(server.root.issue({"huge", device_extensions, 30, EVP_sha256(), 1'000'000}, ec_key()));
  const auto with_extra = [this](const std::vector<Bytes>& extra) {
    alter_first([extra](const std::string& answer) {
      Forgery forged(answer);
      forged.extra_certificates = extra;
      return forged.with_mac(server_secret);
    });
    return refusal();
  };
  BOOST_TEST(with_extra(std::vector<Bytes>(33, small)) == "policy");
  BOOST_TEST(with_extra({large}) == "policy");
  BOOST_TEST(with_extra({huge}) == "transport");
}

BOOST_AUTO_TEST_CASE(EN24_a_chain_that_goes_in_circles_ends) {
  const Identity one{ec_key(), {}};
  const Identity two{ec_key(), {}};
  const Certificate one_by_itself = issue({"One", ca_extensions}, one.key, {}, one.key);
  const Certificate two_by_one = issue({"Two", ca_extensions}, two.key, one_by_itself, one.key);
  const Certificate one_by_two = issue({"One", ca_extensions}, one.key, two_by_one, two.key);
  const Identity signer = Identity::of({"signer", ra_extensions}, {two.key, two_by_one});
  alter_first([&](const std::string& answer) {
    Forgery forged(answer);
    forged.extra_certificates = {der_of(two_by_one), der_of(one_by_two)};
    return forged.with_signature(signer);
  });
  BOOST_TEST(refusal() == "protection");
}

BOOST_AUTO_TEST_CASE(EN24_every_transaction_begins_anew) {
  cmp::Client same = client(with_secret());
  for (int times = 0; times < 2; ++times)
    BOOST_CHECK_THROW((void)same.enrol(first_certificate(),
                                       [](const cmp::Offer& offer) -> IssuedCertificate {
                                         BOOST_TEST(offer.received.size() <= 2U);
                                         throw Error(ErrorClass::unsuitable_certificate, "not this one");
                                       }),
                      Error);
  const auto transactions = server.seen().transactions;
  BOOST_TEST(transactions.size() == 4U);
  BOOST_TEST((transactions.at(0) == transactions.at(1)));
  BOOST_TEST((transactions.at(0) != transactions.at(2)));
}

BOOST_AUTO_TEST_CASE(EN25_answers_about_revocation_that_nobody_asked_for_are_refused) {
  const Bytes no_status = der(sequence, der(sequence, Bytes()));
  const Bytes waiting = der(sequence, der(sequence, der(sequence, der_integer(OSSL_CMP_PKISTATUS_waiting))));
  for (const Bytes& content : {no_status, waiting}) {
    alter_first([&content](const std::string& answer) {
      Forgery forged(answer);
      forged.set_body(revocation_response, content);
      return forged.with_mac(server_secret);
    });
    BOOST_TEST(refusal() == "transport");
  }
}

BOOST_AUTO_TEST_CASE(EN25_the_status_of_the_server_is_told) {
  server.status = 9;
  BOOST_TEST(refusal() == "transport");
  server.status = OSSL_CMP_PKISTATUS_rejection;
  server.status_text = "no device of that name";
  server.fail_info = OSSL_CMP_CTX_FAILINFO_badRequest | OSSL_CMP_CTX_FAILINFO_badCertTemplate;
  BOOST_TEST(refusal() == "rejected");
  for (const char* word : {"badRequest", "badCertTemplate", "no device of that name"})
    BOOST_TEST(message.find(word) != std::string::npos);
  server.fail_info = OSSL_CMP_CTX_FAILINFO_signerNotTrusted;
  BOOST_TEST(refusal() == "credentials");
  server.fail_info = OSSL_CMP_CTX_FAILINFO_systemUnavail;
  BOOST_TEST(refusal() == "transport");
}

OSSL_CMP_ITAV* information(const char* type, const Bytes& value) {
  ASN1_STRING* text = ASN1_STRING_type_new(V_ASN1_SEQUENCE);
  ASN1_STRING_set(text, value.data(), static_cast<int>(value.size()));
  ASN1_TYPE* any = ASN1_TYPE_new();
  ASN1_TYPE_set(any, V_ASN1_SEQUENCE, text);
  return OSSL_CMP_ITAV_create(OBJ_txt2obj(type, 1), any);
}

BOOST_AUTO_TEST_CASE(EN26_unknown_information_is_ignored) {
  server.information = [] { return information("1.2.3.4", der_integer(1)); };
  BOOST_TEST(client(with_secret()).ca_certificates().empty());
  BOOST_TEST(!client(with_secret()).next_root(server.root.certificate));
  server.information = [] { return static_cast<OSSL_CMP_ITAV*>(nullptr); };
  BOOST_TEST(client(with_secret()).ca_certificates().empty());
}

BOOST_AUTO_TEST_CASE(EN26_ca_certificates_are_read) {
  const Bytes first = der_of(server.root.certificate);
  const Bytes list = der(sequence, {first, der_of(Identity::root("Other").certificate)});
  server.information = [&list] { return information("1.3.6.1.5.5.7.4.17", list); };
  BOOST_TEST(client(with_secret()).ca_certificates().size() == 2U);
  server.information = [] { return information("1.3.6.1.5.5.7.4.17", der(sequence, der_integer(1))); };
  BOOST_CHECK_THROW((void)client(with_secret()).ca_certificates(), Error);
  const Bytes many = der(sequence, std::vector<Bytes>(33, first));
  server.information = [&many] { return information("1.3.6.1.5.5.7.4.17", many); };
  BOOST_CHECK_THROW((void)client(with_secret()).ca_certificates(), Error);
}

struct Rollover {
  Certificate new_with_new, new_with_old, old_with_new;

  [[nodiscard]] Bytes content() const {
    std::vector<Bytes> parts{der_of(new_with_new)};
    if (new_with_old) parts.push_back(der(context_0, der_of(new_with_old)));
    if (old_with_new) parts.push_back(der(context_1, der_of(old_with_new)));
    return der(sequence, parts);
  }
};

BOOST_AUTO_TEST_CASE(EN26_a_new_root_needs_a_link_to_the_old_one) {
  const Identity fresh = Identity::root("Test plant CA 2");
  const Identity stranger = Identity::root("Test plant CA");
  const CertificateFields new_name{"Test plant CA 2", ca_extensions};
  const CertificateFields old_name{"Test plant CA", ca_extensions};
  const Rollover good{fresh.certificate, server.root.issue(new_name, fresh.key),
                      fresh.issue(old_name, server.root.key)};
  const auto answer = [this](const Rollover& rollover) -> std::string {
    const Bytes content = rollover.content();
    server.information = [&content] { return information("1.3.6.1.5.5.7.4.18", content); };
    try {
      return client(with_secret()).next_root(server.root.certificate) ? "a new root" : "none";
    } catch (const Error& error) {
      return std::string(name_of(error.error_class()));
    }
  };
  BOOST_TEST(answer(good) == "a new root");
  BOOST_TEST(answer({good.new_with_new, good.new_with_old, {}}) == "a new root");
  BOOST_TEST(answer({good.new_with_new, {}, good.old_with_new}) == "rollover");
  BOOST_TEST(answer({good.new_with_new, stranger.issue(new_name, fresh.key), {}}) == "rollover");
  BOOST_TEST(answer({good.new_with_new, server.root.issue(new_name, ec_key()), {}}) == "rollover");
  BOOST_TEST(answer({good.new_with_new, good.new_with_old, stranger.issue(old_name, server.root.key)}) == "rollover");
  BOOST_TEST(answer({good.new_with_old, good.new_with_old, {}}) == "rollover");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
