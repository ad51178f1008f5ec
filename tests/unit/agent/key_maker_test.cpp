#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "agent/certificates/certificate.h"
#include "agent/certificates/certificate_signature.h"
#include "agent/keys/public_key.h"
#include "tests/unit/agent/gateway.h"

using namespace edgeseal;
using agent::Answer;
using agent::Code;
using agent::KeyProtection;
using agent::KeyPtr;
using agent::KeyStatus;
using agent::OutsideKey;
using agent::Slot;
using test::has_code;

namespace {

// A key that somebody else made, as PEM.
struct OutsidePem {
  explicit OutsidePem(agent::PublicKeyPtr made) : key(std::move(made)) {
    const agent::BioPtr bio(BIO_new(BIO_s_mem()));
    BOOST_REQUIRE(PEM_write_bio_PrivateKey(bio.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1);
    text = agent::bio_text(*bio);
  }

  [[nodiscard]] OutsideKey outside(const std::string& format = "", std::optional<KeyProtection> protection = {}) const {
    return {format, tpm::SecretBytes(std::as_bytes(std::span(text))), {}, protection};
  }

  agent::PublicKeyPtr key;
  std::string text;
};

OutsidePem ec_key() {
  return OutsidePem(agent::PublicKeyPtr(EVP_EC_gen("P-256")));
}

struct Fixture : test::Gateway {
  tpm::Bytes import(const Slot& slot, OutsideKey key) {
    return value<tpm::Bytes>([&](Answer<tpm::Bytes> answer) {
      groups.import_key(owner, {slot.application, slot.group}, slot.certificate_type, std::move(key),
                        std::move(answer));
    });
  }

  // The key signs, and the signature verifies with the public key that everybody sees.
  void check_use(const KeyPtr& key) {
    const tpm::Bytes message(100, std::byte{0x5a});
    const auto signature = value<tpm::Bytes>([&](Answer<tpm::Bytes> answer) {
      keys.sign(key, agent::certificate_signature(key->public_key, message), {}, std::move(answer));
    });
    BOOST_TEST(agent::verifies(*agent::parse_public_key(key->public_key), agent::certificate_hash(key->public_key),
                               message, signature));
  }

  agent::KeyRecord pending(const Slot& slot) {
    auto record = state.key(slot, KeyStatus::pending);
    BOOST_REQUIRE(record.has_value());
    return std::move(*record);
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(key_maker, Fixture)

BOOST_DATA_TEST_CASE(a_sealed_key_of_each_type_gets_a_certificate_and_signs,
                     boost::unit_test::data::make({"rsa-2048", "rsa-3072", "ec-p256", "ec-p384", "ec-p521", "ed25519"}),
                     algorithm) {
  const KeyPtr key = install(declare("web", std::string("https/https=") + algorithm + ",sealed"));
  BOOST_TEST(key->sealed != nullptr);
  BOOST_TEST(chip.counts().creations == 0u);  // none in the chip
  check_use(key);
}

BOOST_DATA_TEST_CASE(a_key_for_pss_says_so_in_its_certificate_and_does_nothing_else,
                     boost::unit_test::data::make({"rsa-2048,pss", "rsa-2048,sealed,pss"}), algorithm) {
  const KeyPtr key = install(declare("web", std::string("https/https=") + algorithm,
                                     {std::string(agent::sha1_signatures), std::string(agent::raw_rsa)}));
  BOOST_TEST(key->pss.has_value());
  BOOST_TEST((key->id == agent::key_id(key->public_key)));
  const auto certificate = agent::parse_certificate(key->certificate->certificate);
  BOOST_TEST(EVP_PKEY_is_a(X509_get0_pubkey(certificate.get()), "RSA-PSS") == 1);
  BOOST_TEST((X509_get_key_usage(certificate.get()) & (KU_KEY_ENCIPHERMENT | KU_DATA_ENCIPHERMENT)) == 0u);
  check_use(key);
  const auto refused = [&](const agent::SignatureRequest& request) {
    BOOST_CHECK_EXCEPTION(keys.sign(key, request, {}, [](const auto&) {}), agent::Error, has_code(Code::not_supported));
  };
  refused({wire::SignatureScheme::rsa_pkcs1, tpm::HashAlgorithm::sha256, 0, tpm::Bytes(32)});
  refused({wire::SignatureScheme::rsa_raw, tpm::HashAlgorithm::sha256, 0, tpm::Bytes(256)});
  refused({wire::SignatureScheme::rsa_pss, tpm::HashAlgorithm::sha1, 20, tpm::Bytes(20)});
  agent::DecryptionRequest decryption;
  decryption.ciphertext.resize(256);
  BOOST_CHECK_EXCEPTION(keys.decrypt(key, decryption, {}, [](const auto&) {}), agent::Error,
                        has_code(Code::not_supported));
}

BOOST_AUTO_TEST_CASE(a_key_for_pss_signs_its_own_certificate) {
  const Slot slot = declare("web", "https/https=rsa-2048,pss");
  const auto der = value<tpm::Bytes>([&](Answer<tpm::Bytes> answer) {
    groups.create_self_signed(owner, {"web", "https"}, "https", {}, std::move(answer));
  });
  const auto certificate = agent::parse_certificate(der);
  BOOST_TEST(X509_get_signature_nid(certificate.get()) == NID_rsassaPss);
  BOOST_TEST(X509_verify(certificate.get(), X509_get0_pubkey(certificate.get())) == 1);
  apply(slot);
  check_use(keys.find("web"));
}

// An RSASSA-PSS key that somebody else restricted to SHA-384 and a salt of 40 bytes at least.
OutsidePem restricted_pss_key() {
  const agent::KeyContextPtr context(EVP_PKEY_CTX_new_from_name(nullptr, "RSA-PSS", nullptr));
  EVP_PKEY* key = nullptr;
  BOOST_REQUIRE(
      context && EVP_PKEY_keygen_init(context.get()) > 0 && EVP_PKEY_CTX_set_rsa_keygen_bits(context.get(), 2048) > 0 &&
      EVP_PKEY_CTX_set_rsa_pss_keygen_md(context.get(), EVP_sha384()) > 0 &&
      EVP_PKEY_CTX_set_rsa_pss_keygen_mgf1_md(context.get(), EVP_sha384()) > 0 &&
      EVP_PKEY_CTX_set_rsa_pss_keygen_saltlen(context.get(), 40) > 0 && EVP_PKEY_keygen(context.get(), &key) > 0);
  return OutsidePem(agent::PublicKeyPtr(key));
}

BOOST_DATA_TEST_CASE(an_outside_key_for_pss_keeps_its_restrictions, boost::unit_test::data::make({"tpm", "sealed"}),
                     protection) {
  const Slot slot = declare("web", "https/https=rsa-2048");
  const OutsidePem outside = restricted_pss_key();
  BOOST_TEST((import(slot, outside.outside("", agent::parse_protection(protection))) ==
              agent::der_of(outside.key.get(), i2d_PUBKEY)));
  const KeyPtr key = install(slot);
  BOOST_REQUIRE(key->pss.has_value());
  BOOST_TEST((key->pss->hash == tpm::HashAlgorithm::sha384));
  check_use(key);
  const auto short_salt =
      agent::SignatureRequest{wire::SignatureScheme::rsa_pss, tpm::HashAlgorithm::sha384, 39, tpm::Bytes(48)};
  BOOST_CHECK_EXCEPTION(keys.sign(key, short_salt, {}, [](const auto&) {}), agent::Error,
                        has_code(Code::not_supported));
}

BOOST_DATA_TEST_CASE(an_application_that_must_decrypt_takes_no_key_for_pss,
                     boost::unit_test::data::make({"tpm", "sealed"}), protection) {
  const Slot slot = declare("opc", "application/rsa-sha256");
  const OutsidePem outside = restricted_pss_key();
  BOOST_CHECK_EXCEPTION((void)import(slot, outside.outside("", agent::parse_protection(protection))), agent::Error,
                        has_code(Code::not_supported));
}

BOOST_AUTO_TEST_CASE(a_sealed_key_costs_one_unsealing_and_then_no_tpm_command) {
  const KeyPtr key = install(declare("web", "https/https=ec-p256,sealed"));
  const auto before = chip.counts().operations();
  for (int i = 0; i < 5; ++i) check_use(key);
  BOOST_TEST(chip.counts().operations() == before);
}

BOOST_AUTO_TEST_CASE(an_algorithm_that_the_chip_lacks_is_refused_with_the_sealed_alternative) {
  const Slot slot = declare("web", "https/https=rsa-4096");
  run_until([&] { return worker.state().health == agent::TpmHealth::ready; });
  BOOST_CHECK_EXCEPTION((void)request(slot), agent::Error, [](const agent::Error& error) {
    const std::string text = error.what();
    return error.code() == Code::not_supported && text.find("rsa-4096,sealed") != std::string::npos &&
           text.find("rsa-2048") != std::string::npos;
  });
}

BOOST_DATA_TEST_CASE(an_outside_key_comes_as_either_protection_and_is_marked_exposed,
                     boost::unit_test::data::make({"tpm", "sealed"}), protection) {
  const OutsidePem outside = ec_key();
  const Slot slot = declare("web", "https/https");
  const tpm::Bytes public_key = import(slot, outside.outside("PEM", agent::parse_protection(protection)));
  BOOST_TEST(EVP_PKEY_eq(agent::parse_public_key(public_key).get(), outside.key.get()) == 1);
  const agent::KeyRecord record = pending(slot);
  BOOST_TEST(record.exposed);
  BOOST_TEST(agent::protection_name(record.protection) == protection);
  check_use(install(slot));
}

BOOST_AUTO_TEST_CASE(a_key_that_its_successor_replaces_is_not_exposed_any_more) {
  const Slot slot = declare("web", "https/https");
  (void)import(slot, ec_key().outside());
  (void)install(slot);
  dbus::SigningRequestOptions options;
  options.regenerate_private_key = true;
  (void)request(slot, options);
  BOOST_TEST(!pending(slot).exposed);
}

BOOST_AUTO_TEST_CASE(a_certificate_comes_with_its_key_and_both_go_when_the_changes_are_cancelled) {
  const OutsidePem outside = ec_key();
  test::TestCa other;
  const Slot slot = declare("web", "https/https=ec-p256,sealed");
  const dbus::GroupName group{"web", "https"};
  const tpm::Bytes certificate = ca.sign_key(*outside.key);
  (void)value<std::monostate>([&](Answer<std::monostate> answer) {
    groups.update(owner, group, {"https", certificate, {}}, outside.outside(), std::move(answer));
  });
  BOOST_TEST(groups.info(group).transaction_pending);
  groups.cancel(owner, group.application);
  BOOST_TEST(!state.key(slot, KeyStatus::pending).has_value());

  (void)value<std::monostate>([&](Answer<std::monostate> answer) {
    groups.update(owner, group, {"https", certificate, {}}, outside.outside(), std::move(answer));
  });
  apply(slot);
  check_use(keys.find("web"));
}

BOOST_AUTO_TEST_CASE(a_key_that_does_not_belong_to_its_certificate_leaves_nothing_behind) {
  const Slot slot = declare("web", "https/https");
  const auto refused = outcome<std::monostate>([&](Answer<std::monostate> answer) {
    groups.update(owner, {"web", "https"}, {"https", ca.sign_unknown_key(), {}}, ec_key().outside(), std::move(answer));
  });
  BOOST_TEST((std::get<agent::Error>(refused).code() == Code::security_checks_failed));
  BOOST_TEST(!state.key(slot, KeyStatus::pending).has_value());
  BOOST_TEST(!groups.info({"web", "https"}).transaction_pending);
}

BOOST_AUTO_TEST_CASE(a_caller_that_leaves_while_its_key_is_made_leaves_nothing_behind) {
  const Slot slot = declare("web", "https/https");
  const dbus::GroupName group{"web", "https"};
  std::optional<std::variant<tpm::Bytes, agent::Error>> result;
  groups.create_self_signed(owner, group, "https", {}, [&](auto answer) { result = std::move(answer); });
  groups.owner_vanished(owner.bus_name);
  run_until([&] { return result.has_value(); });
  BOOST_TEST(std::holds_alternative<agent::Error>(*result));
  BOOST_TEST(!groups.info(group).transaction_pending);
  BOOST_TEST(!state.key(slot, KeyStatus::pending).has_value());
}

BOOST_AUTO_TEST_CASE(a_certificate_for_another_key_leaves_the_pending_key_of_a_request_alone) {
  const Slot slot = declare("web", "https/https");
  const tpm::Bytes requested = request(slot);
  const auto refused = outcome<std::monostate>([&](Answer<std::monostate> answer) {
    groups.update(owner, {"web", "https"}, {"https", ca.sign_unknown_key(), {}}, ec_key().outside(), std::move(answer));
  });
  BOOST_TEST((std::get<agent::Error>(refused).code() == Code::security_checks_failed));
  groups.update(owner, {"web", "https"}, {"https", ca.sign(requested), {}});
  apply(slot);
}

BOOST_AUTO_TEST_CASE(a_kind_of_key_that_the_certificate_type_does_not_take_is_refused) {
  const Slot slot = declare("opc", "application/rsa-sha256");
  BOOST_CHECK_EXCEPTION((void)import(slot, ec_key().outside()), agent::Error, has_code(Code::not_supported));
  BOOST_TEST(!state.key(slot, KeyStatus::pending).has_value());
}

BOOST_AUTO_TEST_CASE(an_unknown_format_is_not_supported) {
  const Slot slot = declare("web", "https/https");
  BOOST_CHECK_EXCEPTION((void)import(slot, ec_key().outside("JKS")), agent::Error, has_code(Code::not_supported));
}

BOOST_AUTO_TEST_CASE(what_is_no_key_is_an_invalid_argument) {
  const Slot slot = declare("web", "https/https");
  OutsideKey key;
  key.encoded = tpm::SecretBytes(tpm::Bytes(40, std::byte{'x'}));
  BOOST_CHECK_EXCEPTION((void)import(slot, std::move(key)), agent::Error, has_code(Code::invalid_argument));
}

BOOST_AUTO_TEST_CASE(a_self_signed_certificate_is_staged_with_its_key_and_verifies) {
  const Slot slot = declare("web", "https/https=ed25519,sealed");
  dbus::SelfSignedOptions options;
  options.dns_names = {"gateway.example"};
  options.lifetime_days = 30;
  const auto der = value<tpm::Bytes>([&](Answer<tpm::Bytes> answer) {
    groups.create_self_signed(owner, {"web", "https"}, "https", options, std::move(answer));
  });
  const auto certificate = agent::parse_certificate(der);
  BOOST_TEST(X509_verify(certificate.get(), X509_get0_pubkey(certificate.get())) == 1);
  BOOST_TEST(X509_check_host(certificate.get(), "gateway.example", 0, 0, nullptr) == 1);
  BOOST_TEST((X509_get_key_usage(certificate.get()) & KU_KEY_CERT_SIGN) != 0u);
  int days = 0, seconds = 0;
  ASN1_TIME_diff(&days, &seconds, X509_get0_notBefore(certificate.get()), X509_get0_notAfter(certificate.get()));
  BOOST_TEST(days == 31);  // one of them before now
  apply(slot);
  check_use(keys.find("web"));
}

BOOST_AUTO_TEST_CASE(an_occupied_slot_gets_no_self_signed_certificate) {
  (void)install(declare("web", "https/https"));
  BOOST_CHECK_EXCEPTION(groups.create_self_signed(owner, {"web", "https"}, "https", {}, [](auto) {}), agent::Error,
                        has_code(Code::invalid_state));
}

BOOST_AUTO_TEST_CASE(a_key_is_exported_for_other_programs_of_this_tpm_and_a_sealed_one_is_not) {
  const KeyPtr inside = install(declare("web", "https/https"));
  const auto exported =
      value<tpm::Bytes>([&](Answer<tpm::Bytes> answer) { keys.export_tss_private_key(inside, {}, std::move(answer)); });
  const auto tss2 = [&] {
    OutsideKey key;
    key.format = "TSS2";
    key.encoded = tpm::SecretBytes(exported);
    return key;
  };
  const Slot slot = declare("copy", "https/https");
  BOOST_CHECK_EXCEPTION((void)import(slot, tss2()), agent::Error, has_code(Code::entry_exists));
  applications.remove("web");
  BOOST_TEST((import(slot, tss2()) == inside->public_key));

  const KeyPtr outside = install(declare("sealed", "https/https=ec-p256,sealed"));
  BOOST_CHECK_EXCEPTION(keys.export_tss_private_key(outside, {}, [](auto) {}), agent::Error,
                        has_code(Code::not_supported));
}

BOOST_AUTO_TEST_SUITE_END()

namespace {

// One RSA key is made ahead.
struct Stocked : Fixture {
  Stocked() {
    run_until([&] { return worker.state().health == agent::TpmHealth::ready; });
    stock.refill();
    wait_for_stock();
  }
  void wait_for_stock() {
    run_until([&] { return state.spare_keys(tpm::KeyAlgorithm::rsa_2048) == 1; });
  }

  Slot slot = declare("opc", "application/rsa-sha256");
  agent::SpareKeys stock{loop, state, worker, {1, {}}};
  agent::KeyMaker quick{state, worker, sealed, keys, policies, stock};
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(spare_keys, Stocked)

BOOST_AUTO_TEST_CASE(an_rsa_key_that_was_made_ahead_is_taken_at_once_and_made_up_for) {
  const auto made = chip.counts().creations;

  chip.block();  // nothing that needs the chip is answered now
  KeyPtr taken;
  quick.create(slot, {tpm::KeyAlgorithm::rsa_2048}, {},
               [&](std::variant<KeyPtr, agent::Error> key) { taken = std::get<KeyPtr>(key); });
  BOOST_REQUIRE(taken != nullptr);
  chip.release();
  wait_for_stock();
  BOOST_TEST(chip.counts().creations == made + 1);
  check_use(taken);
}

BOOST_AUTO_TEST_CASE(a_key_that_was_made_ahead_serves_for_pss_too) {
  const auto made = chip.counts().creations;
  const Slot web = declare("web", "https/https=rsa-2048,pss");
  chip.block();
  KeyPtr taken;
  quick.create(web, {tpm::KeyAlgorithm::rsa_2048, KeyProtection::tpm, 0, agent::RsaUse::pss}, {},
               [&](std::variant<KeyPtr, agent::Error> key) { taken = std::get<KeyPtr>(key); });
  BOOST_REQUIRE(taken != nullptr);
  chip.release();
  wait_for_stock();
  BOOST_TEST(chip.counts().creations == made + 1);
  BOOST_TEST(taken->pss.has_value());
  check_use(taken);
}

BOOST_AUTO_TEST_CASE(what_others_contribute_goes_into_a_new_key_and_not_into_one_made_ahead) {
  (void)value<KeyPtr>([&](Answer<KeyPtr> answer) {
    quick.create(slot, {tpm::KeyAlgorithm::rsa_2048}, tpm::Bytes(32, std::byte{1}), std::move(answer));
  });
  BOOST_TEST(chip.counts().stirs == 1u);
  BOOST_TEST(state.spare_keys(tpm::KeyAlgorithm::rsa_2048) == 1u);
}

BOOST_FIXTURE_TEST_CASE(nothing_is_made_ahead_that_no_slot_declares, Fixture) {
  agent::SpareKeys stock(loop, state, worker, {3, {}});
  (void)declare("web", "https/https");
  (void)declare("sealed", "tls/tls-server=rsa-2048,sealed");
  run_until([&] { return worker.state().health == agent::TpmHealth::ready; });
  stock.refill();
  loop.run_once(std::chrono::milliseconds(1));
  BOOST_TEST(worker.pending() == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
