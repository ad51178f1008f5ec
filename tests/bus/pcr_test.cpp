// PCRs and what the manufacturer left in the TPM, over the bus.

#include <boost/test/unit_test.hpp>

#include "tests/bus/bus_client.h"
#include "tests/bus/private_bus.h"
#include "tests/bus/service_thread.h"

namespace edgeseal::test {
namespace {

using dbus::fake::bytes;
using ByteArray = std::vector<uint8_t>;
using Values = std::map<uint32_t, ByteArray>;

const Values kValues{{0, ByteArray(32, 0xAA)}, {7, ByteArray(32, 0xBB)}};

ByteArray array(const std::string& text) {
  return {text.begin(), text.end()};
}

Values values_of(uint32_t count) {
  Values values;
  for (uint32_t pcr = 0; pcr < count; ++pcr) values.emplace(pcr, ByteArray(32));
  return values;
}

struct Fixture {
  PrivateBus bus;
  ServiceThread service;
  std::unique_ptr<sdbus::IConnection> connection = sdbus::createSystemBusConnection();
  dbus::RemoteAgent agent{*connection, "/org/edgeseal"};
  std::string message;

  bool message_has(const std::string& part) const { return message.find(part) != std::string::npos; }
  std::string error_of_values(const Values& values) {
    const auto prepared = error_of([&] { agent.PreparePcrApproval(values); }, &message);
    BOOST_TEST(error_of([&] { agent.AddPcrApproval(values, {1}); }) == prepared);
    BOOST_TEST(error_of([&] { agent.ResealKeys(values); }) == prepared);
    return prepared;
  }
  std::string error_of_pcrs(const std::vector<uint32_t>& pcrs) {
    return error_of([&] { agent.GetPcrs(pcrs); }, &message);
  }
  std::string error_of_credential(const std::string& key, size_t credential, size_t secret) {
    return error_of([&] { agent.ActivateCredential(key, ByteArray(credential), ByteArray(secret)); }, &message);
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(pcrs, Fixture)

BOOST_AUTO_TEST_CASE(the_values_of_pcrs_are_read) {
  const auto values = agent.GetPcrs({7, 0});
  BOOST_TEST(values.size() == 2u);
  BOOST_TEST((values.at(7) == ByteArray(32, 7)));
}

BOOST_AUTO_TEST_CASE(an_approval_is_prepared_and_added) {
  const auto [digest, policy] = agent.PreparePcrApproval(kValues);
  BOOST_TEST((digest == array("digest of the values")));
  BOOST_TEST((policy == array("policy to be signed")));
  agent.AddPcrApproval(kValues, array("a signature"));
  const auto approval = service.in_loop([](auto& ports, auto&) { return *ports.agent.last_approval; });
  BOOST_TEST((approval.values.at(7) == dbus::Bytes(32, std::byte{0xBB})));
  BOOST_TEST((approval.signature == bytes("a signature")));
}

BOOST_AUTO_TEST_CASE(keys_are_resealed_and_counted) {
  BOOST_TEST(agent.ResealKeys(kValues) == 2u);
  const auto values = service.in_loop([](auto& ports, auto&) { return *ports.agent.last_resealed; });
  BOOST_TEST((values.at(0) == dbus::Bytes(32, std::byte{0xAA})));
}

BOOST_AUTO_TEST_CASE(the_limits_of_values_are_exact) {
  BOOST_TEST(error_of_values({}) == "InvalidArgument");
  BOOST_TEST(error_of_values(values_of(24)) == "");
  BOOST_TEST(error_of_values(values_of(25)) == "InvalidArgument");
  BOOST_TEST(message_has("24"));
  BOOST_TEST(error_of_values({{24, ByteArray(32)}}) == "InvalidArgument");
  BOOST_TEST(message_has("no PCR 24"));
  BOOST_TEST(error_of_values({{7, ByteArray(31)}}) == "InvalidArgument");
  BOOST_TEST(message_has("PCR 7"));
  BOOST_TEST(error_of_values({{7, ByteArray(33)}}) == "InvalidArgument");
}

BOOST_AUTO_TEST_CASE(the_limits_of_a_signature_are_exact) {
  const auto error_of_signature = [&](size_t size) {
    return error_of([&] { agent.AddPcrApproval(kValues, ByteArray(size)); });
  };
  BOOST_TEST(error_of_signature(0) == "InvalidArgument");
  BOOST_TEST(error_of_signature(1024) == "");
  BOOST_TEST(error_of_signature(1025) == "InvalidArgument");
}

BOOST_AUTO_TEST_CASE(what_is_no_list_of_pcrs_is_refused) {
  BOOST_TEST(error_of_pcrs({}) == "InvalidArgument");
  BOOST_TEST(error_of_pcrs({24}) == "InvalidArgument");
  BOOST_TEST(error_of_pcrs(std::vector<uint32_t>(24, 0)) == "");
  BOOST_TEST(error_of_pcrs(std::vector<uint32_t>(25, 0)) == "InvalidArgument");
}

BOOST_AUTO_TEST_CASE(refusals_of_the_port_reach_the_caller) {
  const auto strike = [&](const std::string& name) {
    service.in_loop([&](auto& ports, auto&) { return ports.agent.fault.set(dbus::CallError(name, "why")), 0; });
  };
  strike("SecurityChecksFailed");
  BOOST_TEST(error_of([&] { agent.AddPcrApproval(kValues, {1}); }) == "SecurityChecksFailed");
  strike("InvalidState");
  BOOST_TEST(error_of([&] { agent.ResealKeys(kValues); }) == "InvalidState");
  strike("ResourceUnavailable");
  BOOST_TEST(error_of_pcrs({0}) == "ResourceUnavailable");
  strike("NotSupported");
  BOOST_TEST(error_of_credential("rsa-2048", 1, 1) == "NotSupported");
  strike("ServerTooBusy");
  BOOST_TEST(error_of([&] { agent.GetManufacturerKeys(); }) == "ServerTooBusy");
}

BOOST_AUTO_TEST_CASE(keys_of_the_manufacturer_have_what_there_is_of_them) {
  service.in_loop([](auto& ports, auto&) {
    ports.agent.keys = {{"endorsement", "rsa-2048", 0x81010001, 0x01C00002, bytes("public"), bytes("certificate")},
                        {"idevid", "ec-p256", 0, 0x01C90010, {}, bytes("identity")}};
    return 0;
  });
  auto keys = agent.GetManufacturerKeys();
  BOOST_REQUIRE(keys.size() == 2u);
  BOOST_TEST(keys[0]["kind"].get<std::string>() == "endorsement");
  BOOST_TEST(keys[0]["algorithm"].get<std::string>() == "rsa-2048");
  BOOST_TEST(keys[0]["handle"].get<uint32_t>() == 0x81010001u);
  BOOST_TEST((keys[0]["public-area"].get<ByteArray>() == array("public")));
  BOOST_TEST(keys[0]["nv-index"].get<uint32_t>() == 0x01C00002u);
  BOOST_TEST((keys[0]["certificate"].get<ByteArray>() == array("certificate")));
  BOOST_TEST(!keys[1].contains("handle"));
  BOOST_TEST(!keys[1].contains("public-area"));
}

BOOST_AUTO_TEST_CASE(a_credential_is_activated) {
  const auto secret = agent.ActivateCredential("ec-p256", array("credential"), array("encrypted"));
  BOOST_TEST((secret == array("the activated secret")));
  const auto seen = service.in_loop([](auto& ports, auto&) { return *ports.agent.last_activation; });
  BOOST_TEST(seen.endorsement_key == "ec-p256");
  BOOST_TEST((seen.credential == bytes("credential")));
  BOOST_TEST((seen.encrypted_secret == bytes("encrypted")));
}

BOOST_AUTO_TEST_CASE(the_limits_of_a_credential_are_exact) {
  BOOST_TEST(error_of_credential("rsa-2048", 256, 512) == "");
  BOOST_TEST(error_of_credential("rsa-2048", 257, 512) == "InvalidArgument");
  BOOST_TEST(error_of_credential("rsa-2048", 256, 513) == "InvalidArgument");
  BOOST_TEST(error_of_credential("rsa-2048", 0, 1) == "InvalidArgument");
  BOOST_TEST(error_of_credential("rsa-2048", 1, 0) == "InvalidArgument");
  BOOST_TEST(error_of_credential("ed25519", 1, 1) == "InvalidArgument");
  BOOST_TEST(message_has("rsa-2048, ec-p256"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::test
