// Private keys over the bus: self-signed certificates, keys from outside, export, evidence.

#include <fcntl.h>

#include <array>
#include <boost/test/unit_test.hpp>

#include "tests/bus/bus_client.h"
#include "tests/bus/memory_file.h"
#include "tests/bus/private_bus.h"
#include "tests/bus/service_thread.h"

namespace edgeseal::test {
namespace {

using dbus::fake::bytes;
using Options = std::map<std::string, sdbus::Variant>;
using ByteArray = std::vector<uint8_t>;
using Texts = std::vector<std::string>;

constexpr size_t kMostKeyBytes = 65536;

ByteArray array(const std::string& text) {
  return {text.begin(), text.end()};
}

struct Fixture {
  PrivateBus bus;
  ServiceThread service{{}, [](auto& ports) { ports.agent.add({"web", "urn:web", "", {}, {}, {"https"}, "bus"}); }};
  std::unique_ptr<sdbus::IConnection> connection = sdbus::createSystemBusConnection();
  dbus::RemoteGroup group{*connection, "/org/edgeseal/application/web/https"};
  std::string message;

  bool message_has(const std::string& part) const { return message.find(part) != std::string::npos; }

  std::string error_of_import(const sdbus::UnixFd& key, const Options& options = {}) {
    return error_of([&] { group.ImportPrivateKey("https", key, options); }, &message);
  }
  std::string error_of_update(const Options& options) {
    return error_of([&] { group.UpdateCertificate("https", {1}, {}, options); }, &message);
  }
  std::optional<dbus::fake::FakeCertificateGroups::GivenKey> given_key() {
    return service.in_loop([](auto& ports, auto&) { return ports.groups.last_key; });
  }
  dbus::fake::FakeCertificateGroups::Asked asked() {
    return service.in_loop([](auto& ports, auto&) { return *ports.groups.last_asked; });
  }
  template <class Error>
  void strike_groups(Error error) {
    service.in_loop([&](auto& ports, auto&) { return ports.groups.fault.set(std::move(error)), 0; });
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(keys, Fixture)

BOOST_AUTO_TEST_CASE(a_self_signed_certificate_is_staged_with_every_option) {
  const Options options{{"subject", sdbus::Variant(std::string("CN=gw"))},
                        {"dns-names", sdbus::Variant(Texts{"gw.example"})},
                        {"ip-addresses", sdbus::Variant(Texts{"192.0.2.1"})},
                        {"lifetime-days", sdbus::Variant(uint16_t{730})}};
  BOOST_TEST((group.CreateSelfSignedCertificate("https", options) == array("self-signed")));
  BOOST_TEST(group.TransactionPending());
  const auto seen = service.in_loop([](auto& ports, auto&) { return *ports.groups.last_self_signed; });
  BOOST_TEST(seen.subject == "CN=gw");
  BOOST_TEST(seen.dns_names == Texts{"gw.example"});
  BOOST_TEST(seen.ip_addresses == Texts{"192.0.2.1"});
  BOOST_TEST(seen.lifetime_days == 730u);
}

BOOST_AUTO_TEST_CASE(a_self_signed_certificate_has_defaults_and_limits) {
  group.CreateSelfSignedCertificate("https", {});
  const auto seen = service.in_loop([](auto& ports, auto&) { return *ports.groups.last_self_signed; });
  BOOST_TEST(seen.lifetime_days == 0u);
  const auto error_of_option = [&](const std::string& key, const sdbus::Variant& value) {
    return error_of([&] { group.CreateSelfSignedCertificate("https", {{key, value}}); }, &message);
  };
  BOOST_TEST(error_of_option("lifetime-days", sdbus::Variant(uint16_t{0})) == "InvalidArgument");
  BOOST_TEST(message_has("lifetime-days"));
  BOOST_TEST(error_of_option("lifetime-days", sdbus::Variant(uint32_t{7})) == "InvalidArgument");
  BOOST_TEST(error_of_option("subject", sdbus::Variant(std::string(1025, 'x'))) == "InvalidArgument");
  BOOST_TEST(error_of_option("key-size", sdbus::Variant(uint16_t{2048})) == "InvalidArgument");
  BOOST_TEST(error_of([&] { group.CreateSelfSignedCertificate("", {}); }) == "InvalidArgument");
}

BOOST_AUTO_TEST_CASE(the_formats_of_private_keys_are_listed) {
  BOOST_TEST((group.SupportedPrivateKeyFormats() == Texts{"PEM", "DER", "PFX", "TSS2"}));
}

BOOST_AUTO_TEST_CASE(a_key_is_imported_from_a_descriptor_whatever_its_offset) {
  const Options options{{"format", sdbus::Variant(std::string("PFX"))},
                        {"passphrase", sdbus::Variant(memory_file("open sesame"))},
                        {"protection", sdbus::Variant(std::string("sealed"))}};
  BOOST_TEST((group.ImportPrivateKey("https", memory_file("a private key"), options) == array("SubjectPublicKeyInfo")));
  const auto seen = given_key();
  BOOST_REQUIRE(seen);
  BOOST_TEST(seen->private_key == "a private key");
  BOOST_TEST(seen->format == "PFX");
  BOOST_TEST(seen->passphrase == "open sesame");
  BOOST_TEST(seen->protection == "sealed");
}

BOOST_AUTO_TEST_CASE(a_key_may_come_along_with_its_certificate) {
  const Options as_bytes{{"private-key", sdbus::Variant(array("key as bytes"))},
                         {"private-key-format", sdbus::Variant(std::string("DER"))},
                         {"passphrase", sdbus::Variant(std::string("as text"))},
                         {"key-protection", sdbus::Variant(std::string("tpm"))}};
  BOOST_TEST(group.UpdateCertificate("https", {1}, {}, as_bytes));
  BOOST_TEST(given_key()->private_key == "key as bytes");
  BOOST_TEST(given_key()->format == "DER");
  BOOST_TEST(given_key()->passphrase == "as text");
  BOOST_TEST(given_key()->protection == "tpm");
  const Options as_descriptor{{"private-key", sdbus::Variant(memory_file("key in a file"))},
                              {"passphrase", sdbus::Variant(array("as bytes"))}};
  BOOST_TEST(group.UpdateCertificate("https", {1}, {}, as_descriptor));
  BOOST_TEST(given_key()->private_key == "key in a file");
  BOOST_TEST(given_key()->passphrase == "as bytes");
  BOOST_TEST(given_key()->format == "");
}

BOOST_AUTO_TEST_CASE(a_certificate_without_a_key_gives_the_port_none) {
  group.UpdateCertificate("https", {1}, {}, {});
  BOOST_TEST(!given_key());
}

BOOST_AUTO_TEST_CASE(the_limits_of_a_private_key_are_exact) {
  BOOST_TEST(error_of_import(memory_file("")) == "InvalidArgument");
  BOOST_TEST(error_of_import(memory_file(std::string(kMostKeyBytes, 'k'))) == "");
  BOOST_TEST(error_of_import(memory_file(std::string(kMostKeyBytes + 1, 'k'))) == "InvalidArgument");
  BOOST_TEST(message_has("privateKey"));
  BOOST_TEST(error_of_update({{"private-key", sdbus::Variant(ByteArray())}}) == "InvalidArgument");
  BOOST_TEST(error_of_update({{"private-key", sdbus::Variant(ByteArray(kMostKeyBytes))}}) == "");
  BOOST_TEST(error_of_update({{"private-key", sdbus::Variant(ByteArray(kMostKeyBytes + 1))}}) == "InvalidArgument");
  BOOST_TEST(error_of_update({{"private-key", sdbus::Variant(memory_file(std::string(kMostKeyBytes + 1, 'k')))}}) ==
             "InvalidArgument");
  BOOST_TEST(error_of_import(memory_file("k"), {{"passphrase", sdbus::Variant(std::string(1025, 'x'))}}) ==
             "InvalidArgument");
}

BOOST_AUTO_TEST_CASE(a_descriptor_that_could_hold_the_agent_up_is_refused_unread) {
  std::array<int, 2> pipe{};
  BOOST_REQUIRE(pipe2(pipe.data(), O_CLOEXEC) == 0);
  const sdbus::UnixFd reader(pipe[0], sdbus::adopt_fd);
  const sdbus::UnixFd writer(pipe[1], sdbus::adopt_fd);
  BOOST_TEST(error_of_import(reader) == "InvalidArgument");
  BOOST_TEST(message_has("memfd_create"));
  BOOST_TEST(error_of_update({{"private-key", sdbus::Variant(reader)}}) == "InvalidArgument");
  const sdbus::UnixFd process_file(open("/proc/self/status", O_RDONLY | O_CLOEXEC), sdbus::adopt_fd);
  BOOST_TEST(error_of_import(process_file) == "InvalidArgument");
  const sdbus::UnixFd device(open("/dev/zero", O_RDONLY | O_CLOEXEC), sdbus::adopt_fd);
  BOOST_TEST(error_of_import(device) == "InvalidArgument");
  BOOST_TEST(!given_key());
}

BOOST_AUTO_TEST_CASE(a_descriptor_that_cannot_be_read_is_refused) {
  const auto file = memory_file("key");
  const sdbus::UnixFd write_only(open(("/proc/self/fd/" + std::to_string(file.get())).c_str(), O_WRONLY | O_CLOEXEC),
                                 sdbus::adopt_fd);
  BOOST_TEST(error_of_import(write_only) == "InvalidArgument");
  BOOST_TEST(message_has("can't be read"));
}

BOOST_AUTO_TEST_CASE(an_unknown_format_is_not_supported) {
  const auto format = sdbus::Variant(std::string("JKS"));
  BOOST_TEST(error_of_import(memory_file("k"), {{"format", format}}) == "NotSupported");
  BOOST_TEST(message_has("PEM, DER, PFX, TSS2"));
  BOOST_TEST(error_of_update({{"private-key", sdbus::Variant(ByteArray{1})}, {"private-key-format", format}}) ==
             "NotSupported");
}

BOOST_AUTO_TEST_CASE(options_of_a_key_without_a_key_or_of_a_wrong_kind_are_refused) {
  for (const std::string option : {"private-key-format", "passphrase", "key-protection"}) {
    BOOST_TEST(error_of_update({{option, sdbus::Variant(std::string("tpm"))}}) == "InvalidArgument");
    BOOST_TEST(message_has(option));
  }
  BOOST_TEST(error_of_update({{"private-key", sdbus::Variant(std::string("-----BEGIN"))}}) == "InvalidArgument");
  BOOST_TEST(error_of_import(memory_file("k"), {{"protection", sdbus::Variant(std::string("none"))}}) ==
             "InvalidArgument");
  BOOST_TEST(message_has("tpm, sealed"));
  BOOST_TEST(error_of_import(memory_file("k"), {{"key-protection", sdbus::Variant(std::string("tpm"))}}) ==
             "InvalidArgument");
  BOOST_TEST(!given_key());
}

BOOST_AUTO_TEST_CASE(a_refusal_of_the_port_never_repeats_what_was_given) {
  strike_groups(std::runtime_error("cannot parse"));
  BOOST_TEST(error_of_import(memory_file("the private key")) == "InternalError");
  strike_groups(dbus::CallError("InvalidArgument", "the passphrase is wrong"));
  BOOST_TEST(error_of_import(memory_file("the private key")) == "InvalidArgument");
  BOOST_TEST(message == "the passphrase is wrong");
  const auto records = service.in_loop([](auto& ports, auto&) { return ports.audit.records; });
  BOOST_REQUIRE(records.size() == 2u);
  BOOST_TEST(records[1].member == "org.edgeseal.CertificateGroup1.ImportPrivateKey");
  BOOST_TEST(records[1].error == "InvalidArgument");
}

BOOST_AUTO_TEST_CASE(replaced_keys_are_destroyed_at_once) {
  BOOST_TEST(group.DestroyRetiredKeys("https") == 2u);
  BOOST_TEST(asked().certificate_type == "https");
  BOOST_TEST(error_of([&] { group.DestroyRetiredKeys(std::string(4096, 'x')); }) == "InvalidArgument");
}

BOOST_AUTO_TEST_CASE(a_key_is_exported_with_a_passphrase) {
  BOOST_TEST((group.ExportTssPrivateKey("https", {}) == array("TSSPRIVKEY")));
  BOOST_TEST((asked().which == dbus::WhichKey::active));
  BOOST_TEST(asked().passphrase == "");
  const Options options{{"key", sdbus::Variant(std::string("pending"))},
                        {"passphrase", sdbus::Variant(memory_file("secret"))}};
  group.ExportTssPrivateKey("https", options);
  BOOST_TEST((asked().which == dbus::WhichKey::pending));
  BOOST_TEST(asked().passphrase == "secret");
}

BOOST_AUTO_TEST_CASE(what_is_wrong_with_an_export_is_named) {
  const auto error_of_option = [&](const std::string& key, const sdbus::Variant& value) {
    return error_of([&] { group.ExportTssPrivateKey("https", {{key, value}}); }, &message);
  };
  BOOST_TEST(error_of_option("key", sdbus::Variant(std::string("retired"))) == "InvalidArgument");
  BOOST_TEST(message_has("active, pending"));
  BOOST_TEST(error_of_option("passphrase", sdbus::Variant(std::string(32, 'x'))) == "");
  BOOST_TEST(error_of_option("passphrase", sdbus::Variant(std::string(33, 'x'))) == "InvalidArgument");
  strike_groups(dbus::CallError("NotSupported", "the key is sealed"));
  BOOST_TEST(error_of([&] { group.ExportTssPrivateKey("https", {}); }) == "NotSupported");
}

BOOST_AUTO_TEST_CASE(evidence_of_a_key_has_every_part) {
  auto evidence = group.CertifyKey("https", array("nonce"), {{"key", sdbus::Variant(std::string("pending"))}});
  BOOST_TEST((asked().which == dbus::WhichKey::pending));
  BOOST_TEST((asked().nonce == bytes("nonce")));
  BOOST_TEST((evidence["public-area"].get<ByteArray>() == array("public")));
  BOOST_TEST((evidence["certify-info"].get<ByteArray>() == array("info")));
  BOOST_TEST((evidence["signature"].get<ByteArray>() == array("signature")));
  BOOST_TEST((evidence["attestation-public-area"].get<ByteArray>() == array("attestation")));
  BOOST_TEST((evidence["endorsement-certificates"].get<std::vector<ByteArray>>() ==
              std::vector<ByteArray>{array("endorsement")}));
}

BOOST_AUTO_TEST_CASE(the_limits_of_a_nonce_are_exact) {
  const auto error_of_nonce = [&](size_t size) {
    return error_of([&] { group.CertifyKey("https", ByteArray(size), {}); });
  };
  BOOST_TEST(error_of_nonce(0) == "InvalidArgument");
  BOOST_TEST(error_of_nonce(1) == "");
  BOOST_TEST(error_of_nonce(32) == "");
  BOOST_TEST(error_of_nonce(33) == "InvalidArgument");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::test
