#include <boost/test/unit_test.hpp>

#include "agent/certificates/certificate_signature.h"
#include "agent/keys/public_key.h"
#include "agent/trust/trust_alarms.h"
#include "jose/base64.h"
#include "tests/unit/agent/manufactured_device.h"

using namespace edgeseal;
using agent::Bytes;
using agent::Code;
using agent::IdentityCertificate;
using agent::IdentityKind;
using test::has_code;

namespace {

constexpr const char* end_of_time = "9999-12-31T23:59:59Z";

struct Fixture : test::ManufacturedDevice {
  void expect_signs(const std::string& key_name, const Bytes& certificate) {
    const agent::KeyPtr key = keys.find(key_name);
    BOOST_REQUIRE(key->certificate.has_value());
    BOOST_TEST((key->certificate->certificate == certificate));
    const Bytes message(40, std::byte{7});
    const Bytes signature = value<Bytes>([&](agent::Answer<Bytes> answer) {
      keys.sign(key, agent::certificate_signature(key->public_key, message), {}, std::move(answer));
    });
    const auto parsed = agent::parse_certificate(certificate);
    BOOST_TEST(
        agent::verifies(*X509_get0_pubkey(parsed.get()), agent::certificate_hash(key->public_key), message, signature));
  }
  [[nodiscard]] bool contains(const Bytes& bytes, const std::string& text) const {
    const auto wanted = std::as_bytes(std::span(text));
    return std::search(bytes.begin(), bytes.end(), wanted.begin(), wanted.end()) != bytes.end();
  }
  [[nodiscard]] static tpm::ManufacturerKey left_in_the_tpm(const Bytes& certificate, std::uint32_t handle) {
    tpm::ManufacturerKey key;
    key.kind = tpm::ManufacturerKey::Kind::idevid;
    key.algorithm = "ec-p256";
    key.handle = handle;
    key.nv_index = 0x01c90000;
    key.certificate = certificate;
    return key;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(device_identity, Fixture)

BOOST_AUTO_TEST_CASE(G12_an_idevid_names_the_device_in_its_alternative_name) {
  const Bytes certificate = make_idevid();
  BOOST_TEST(agent::uris_of(certificate) == std::vector<std::string>{uri}, boost::test_tools::per_element());
  const agent::HostNames hosts = agent::host_names_of(certificate);
  BOOST_TEST(hosts.dns_names.empty());
  BOOST_TEST(hosts.ip_addresses.empty());
  BOOST_TEST(identity.deficiencies(identities()).empty());
}

BOOST_AUTO_TEST_CASE(an_account_that_wants_evidence_without_end_takes_no_turn_of_new_keys) {
  constexpr std::uint64_t account = 1000;
  constexpr int most_waiting = 64;
  (void)make_idevid();
  const agent::KeyPtr key = keys.find(identity.usable().front().key_name);
  int answered = 0;
  const auto certify = [&] { attestation.certify(key, {}, account, [&](const auto&) { ++answered; }); };
  certify();
  run_until([&] { return answered == 1 && worker.pending() == 0; });
  chip.block();
  certify();
  chip.wait_until_blocked();
  for (int i = 0; i < most_waiting; ++i) certify();
  certify();
  BOOST_TEST(answered == 2);  // the last one is refused
  const auto made = std::make_shared<bool>(false);
  worker.submit<bool>(
      {agent::TpmWorker::Priority::create}, [](tpm::KeyDevice&) { return true; },
      [made](const auto&) { *made = true; });
  chip.release();
  run_until([&] { return answered == 3 + most_waiting && *made; });
}

BOOST_AUTO_TEST_CASE(what_the_manufacturer_left_is_read_once_for_all_who_ask) {
  chip.block();
  worker.submit<bool>(
      {}, [](tpm::KeyDevice& opened) { return opened.read_anchor().has_value(); }, [](const auto&) {});
  chip.wait_until_blocked();
  std::size_t answered = 0;
  const std::size_t before = worker.pending();
  for (int i = 0; i < 100; ++i) identity.all([&](const auto&) { ++answered; });
  BOOST_TEST(worker.pending() == before + 1);
  chip.release();
  run_until([&] { return answered == 100; });
}

BOOST_AUTO_TEST_CASE(G12_a_device_without_an_idevid_says_so) {
  BOOST_TEST(identities().empty());
  BOOST_TEST(identity.deficiencies({}).size() == 2u);
  BOOST_TEST(identity.deficiencies({}).front().find("no IDevID") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(G12_an_ldevid_names_the_device_where_the_idevid_does_not) {
  const test::Authority old_maker("old maker");
  test::CertificateFields fields;
  fields.alternative_name.clear();
  chip.set_manufacturer_keys({left_in_the_tpm(old_maker.issue(fields), 0)});
  BOOST_TEST(identity.deficiencies(identities()).size() == 1u);
  self_sign(wish(IdentityKind::ldevid));
  BOOST_TEST(identity.deficiencies(identities()).empty());
}

BOOST_AUTO_TEST_CASE(G2_the_key_of_an_identity_signs_by_its_name) {
  expect_signs("device/identity/idevid", make_idevid());
  expect_signs("device/identity/ldevid", self_sign(wish(IdentityKind::ldevid)));
}

BOOST_AUTO_TEST_CASE(the_serial_number_is_a_hardware_module_name) {
  auto wanted = wish();
  wanted.serial_number = "SN-4711";
  const Bytes certificate = self_sign(wanted);
  BOOST_TEST(identity.serial_number() == "SN-4711");
  // id-on-hardwareModuleName, RFC 4108 section 5
  BOOST_TEST(contains(certificate, "\x06\x08\x2b\x06\x01\x05\x05\x07\x08\x04"));
  BOOST_TEST(contains(certificate, "\x04\x07SN-4711"));
  BOOST_TEST(agent::summarize(certificate).subject.find("SN-4711") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(C14_each_device_has_an_identity_of_its_own) {
  test::ManufacturedDevice another;
  auto other = wish();
  other.product_instance_uri = "urn:example.com:gateway:4712";
  const Bytes mine = self_sign(), others = another.self_sign(other);
  BOOST_TEST((keys.find("device/identity/idevid")->id != another.keys.find("device/identity/idevid")->id));
  BOOST_TEST(agent::summarize(mine).serial_number != agent::summarize(others).serial_number);
  BOOST_TEST(agent::uris_of(mine).front() != agent::uris_of(others).front());
}

BOOST_AUTO_TEST_CASE(G17_a_certificate_without_end_is_made_and_read) {
  const Bytes certificate = self_sign();
  BOOST_TEST(agent::summarize(certificate).not_after == end_of_time);
}

BOOST_AUTO_TEST_CASE(G17_a_certificate_without_end_raises_no_alarm) {
  self_sign();
  agent::TrustAlarms alarms(
      loop, state, lists, audit, {}, [] { return agent::State::Clock::now(); },
      [](const dbus::GroupName&, const agent::Alarm&) {});
  alarms.look();
  BOOST_TEST(alarms.active({"device", "identity"}).empty());
}

BOOST_AUTO_TEST_CASE(G17_a_certificate_without_end_is_good_for_peers) {
  const Bytes certificate = self_sign();
  const agent::TrustStore store({.trusted_certificates = {certificate}});
  agent::ValidationRequest request;
  request.now = agent::State::Clock::now();
  request.application_uri = uri;
  BOOST_TEST(agent::validate(store, std::vector<Bytes>{certificate}, request).good());
}

BOOST_AUTO_TEST_CASE(nothing_is_made_for_a_device_that_nobody_has_named) {
  auto nameless = wish();
  nameless.product_instance_uri.clear();
  BOOST_CHECK_EXCEPTION((void)request(nameless), agent::Error, has_code(Code::invalid_argument));
  BOOST_TEST(applications.list().empty());
}

BOOST_AUTO_TEST_CASE(what_was_said_at_manufacture_is_remembered) {
  make_idevid();
  auto ldevid = wish(IdentityKind::ldevid);
  ldevid.product_instance_uri.clear();
  BOOST_TEST(agent::uris_of(self_sign(ldevid)) == std::vector<std::string>{uri}, boost::test_tools::per_element());
  BOOST_TEST(applications.get("device").application_uri == uri);
}

BOOST_AUTO_TEST_CASE(a_name_plate_stays_as_it_is_on_disks_of_earlier_versions) {
  auto wanted = wish();
  wanted.product_instance_uri = "urn:x";
  wanted.serial_number = "17";
  (void)request(wanted);
  BOOST_TEST(jose::text_of(*state.record("device-plate")) ==
             R"({"product-instance-uri":"urn:x","serial-number":"17"})");
  BOOST_TEST(identity.serial_number() == "17");
}

BOOST_AUTO_TEST_CASE(a_damaged_name_plate_is_read_from_the_certificates) {
  make_idevid();
  state.put_record("device-plate", Bytes(3, std::byte{'{'}));
  BOOST_TEST(identity.product_instance_uri() == uri);
  BOOST_TEST(identity.serial_number().empty());
}

BOOST_AUTO_TEST_CASE(D11_a_damaged_idevid_takes_nothing_else_of_the_identity_away) {
  make_idevid();
  damage_certificates("device");
  BOOST_TEST(identity.product_instance_uri() == uri);
  BOOST_TEST(identity.usable().empty());
  const std::vector<IdentityCertificate> damaged = identities();
  BOOST_REQUIRE(damaged.size() == 1u);
  BOOST_TEST(damaged.front().certificate.empty());
  BOOST_TEST(damaged.front().obstacle.find("remedy: install it again") != std::string::npos);
  BOOST_TEST(identity.deficiencies(damaged).size() == 1u);  // no certificate says who this is; the IDevID is not gone
  const Bytes ldevid = self_sign(wish(IdentityKind::ldevid));
  BOOST_REQUIRE(identity.usable().size() == 1u);
  BOOST_TEST((identity.usable().front().certificate == ldevid));
  state.put_record("device-plate", Bytes(3, std::byte{'{'}));
  BOOST_TEST(identity.product_instance_uri() == uri);
}

BOOST_AUTO_TEST_CASE(D11_a_damaged_ldevid_of_the_idevid_key_leaves_the_idevid_usable) {
  const Bytes idevid = make_idevid();
  for (const std::string damage : {"{{{", R"(["MIIB"])"}) {
    state.put_record("ldevid-of-idevid-key", std::as_bytes(std::span(damage)));
    BOOST_REQUIRE(identity.usable().size() == 1u);
    BOOST_TEST((identity.usable().front().certificate == idevid));
    BOOST_TEST(identities().size() == 2u);
  }
  agent::TrustAlarms alarms(
      loop, state, lists, audit, {}, [] { return agent::State::Clock::now(); },
      [](const dbus::GroupName&, const agent::Alarm&) {});
  alarms.look();
  const auto told = alarms.active({"device", "identity"});
  BOOST_REQUIRE(told.size() == 1u);
  BOOST_TEST(told.front().kind == "certificate-integrity");
  BOOST_TEST(told.front().message.find("remedy: install it again") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_device_with_an_identity_does_not_become_another_one) {
  make_idevid();
  auto other = wish(IdentityKind::ldevid);
  other.product_instance_uri = "urn:example.com:gateway:4712";
  BOOST_CHECK_EXCEPTION((void)request(other), agent::Error, has_code(Code::invalid_argument));
  BOOST_TEST(identity.product_instance_uri() == uri);
}

BOOST_AUTO_TEST_CASE(the_certificate_of_another_device_is_refused) {
  (void)request();
  test::CertificateFields fields;
  fields.alternative_name = "URI:urn:example.com:gateway:4712";
  BOOST_CHECK_EXCEPTION(install(test::Authority("maker").issue(fields)), agent::Error,
                        has_code(Code::certificate_uri_invalid));
}

BOOST_AUTO_TEST_CASE(a_certificate_for_another_key_is_refused) {
  (void)request();
  test::CertificateFields fields;
  fields.alternative_name = std::string("URI:") + uri;
  BOOST_CHECK_EXCEPTION(install(test::Authority("maker").issue(fields)), agent::Error,
                        has_code(Code::security_checks_failed));
}

BOOST_AUTO_TEST_CASE(changes_of_others_do_not_slip_in_with_an_identity) {
  const Bytes certificate = maker.sign(request());
  stage_trust(registrar, plant);
  BOOST_CHECK_EXCEPTION(install(certificate), agent::Error, has_code(Code::transaction_pending));
}

BOOST_AUTO_TEST_CASE(an_identity_is_made_once) {
  self_sign();
  BOOST_CHECK_EXCEPTION((void)self_sign(), agent::Error, has_code(Code::invalid_state));
}

BOOST_AUTO_TEST_CASE(an_ldevid_may_have_the_key_of_the_idevid) {
  const Bytes idevid = make_idevid();
  auto wanted = wish(IdentityKind::ldevid);
  wanted.with_idevid_key = true;
  const Bytes ldevid = plant_ca.sign(request(wanted));
  install(ldevid, IdentityKind::ldevid);
  BOOST_TEST(jose::text_of(*state.record("ldevid-of-idevid-key")) == "[\"" + jose::encode_base64url(ldevid) + "\"]");
  BOOST_REQUIRE(identities().size() == 2u);
  expect_signs("device/identity/idevid", idevid);
  expect_signs("device/identity/ldevid", ldevid);
  BOOST_TEST((keys.find("device/identity/ldevid")->id == keys.find("device/identity/idevid")->id));
}

BOOST_AUTO_TEST_CASE(the_key_of_an_idevid_that_is_not_there_is_not_lent) {
  auto wanted = wish(IdentityKind::ldevid);
  wanted.with_idevid_key = true;
  BOOST_CHECK_EXCEPTION((void)request(wanted), agent::Error, has_code(Code::invalid_state));
}

BOOST_AUTO_TEST_CASE(an_idevid_that_only_the_tpm_has_is_shown_with_the_reason_why_it_is_not_used) {
  test::CertificateFields fields;
  fields.alternative_name = std::string("URI:") + uri;
  const Bytes certificate = test::Authority("maker").issue(fields);
  chip.set_manufacturer_keys({left_in_the_tpm(certificate, 0x81020000)});
  const auto found = identities();
  BOOST_REQUIRE(found.size() == 1u);
  BOOST_TEST((found.front().certificate == certificate));
  BOOST_TEST(found.front().handle == 0x81020000u);
  BOOST_TEST(found.front().key_name.empty());
  BOOST_TEST(found.front().obstacle.find("ldevid") != std::string::npos);
  BOOST_TEST(identity.usable().empty());
}

BOOST_AUTO_TEST_CASE(D14_the_accounts_of_applications_may_not_use_the_keys_of_the_identity) {
  applications.create({"web", "", "daemon", {}, {agent::SlotDeclaration::parse("https/https")}, "bus"});
  make_idevid();
  const agent::KeyPtr key = keys.find("device/identity/idevid");
  BOOST_TEST(!policy::permits(key->access, {1, {1}, "web.service"}));  // daemon
  BOOST_TEST(policy::permits(key->access, {0, {0}, ""}));
  (void)agent::DeviceApplication(applications, {"", "bin", {}}).ensure();
  BOOST_TEST(policy::permits(keys.find("device/identity/idevid")->access, {2, {2}, ""}));  // bin: the DCA
  BOOST_TEST(!policy::permits(keys.find("device/identity/idevid")->access, {1, {1}, ""}));
}

BOOST_AUTO_TEST_CASE(an_identity_does_not_end_setup) {
  make_idevid();
  BOOST_TEST(state.setup_open());
}

BOOST_AUTO_TEST_SUITE_END()
