#include <openssl/evp.h>
#include <openssl/x509.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>

#include "tests/tpm/manufactured_fixture.h"

namespace edgeseal::test {
namespace {

using tpm::Error;
using tpm::Fault;
using tpm::ManufacturerKey;
using Kind = ManufacturerKey::Kind;

// The whole of a certificate, and nothing behind it.
bool is_certificate(const tpm::Bytes& der) {
  const auto* begin = reinterpret_cast<const unsigned char*>(der.data());
  const auto* end = begin;
  const std::unique_ptr<X509, void (*)(X509*)> certificate(d2i_X509(nullptr, &end, static_cast<long>(der.size())),
                                                           X509_free);
  return certificate != nullptr && end == begin + der.size();
}

struct ManufacturerFixture : ManufacturedFixture {
  [[nodiscard]] std::optional<ManufacturerKey> find(Kind kind, const std::string& algorithm = "") const {
    for (const ManufacturerKey& key : device->manufacturer_keys()) {
      if (key.kind == kind && (algorithm.empty() || key.algorithm == algorithm)) return key;
    }
    return std::nullopt;
  }

  [[nodiscard]] std::size_t count_of_keys() const { return device->manufacturer_keys().size(); }

  // A key of the endorsement hierarchy at a persistent handle.
  void make_persistent(const std::string& handle, const std::string& attributes, const std::string& type = "ecc256") {
    (void)tool("tpm2_createprimary -Q -C e -G " + type + " -a '" + attributes +
               "' -c key.ctx && tpm2_evictcontrol -Q -C o -c key.ctx " + handle +
               " && tpm2_flushcontext -Q -t && tpm2_readpublic -Q -c " + handle + " -f pem -o key.pem");
  }

  void store(const std::string& index, const std::string& file, std::size_t size) {
    (void)tool("tpm2_nvdefine -Q -C o -s " + std::to_string(size) + " -a 'ownerwrite|ownerread|authread|no_da' " +
               index + " && tpm2_nvwrite -Q -C o -i " + file + " " + index);
  }

  // For the key that make_persistent() made last, in an index that is longer than the certificate.
  void certify_in(const std::string& index, std::size_t surplus = 100) {
    (void)run(
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=maker -keyout maker.key "
        "-out maker.pem 2>/dev/null && openssl x509 -new -force_pubkey key.pem -subj /CN=device -CA maker.pem -CAkey "
        "maker.key -outform DER -out device.der 2>/dev/null");
    store(index, "device.der", read("device.der").size() + surplus);
  }
};

constexpr const char* kIdevid = "fixedtpm|fixedparent|sensitivedataorigin|userwithauth|sign";
constexpr const char* kIak = "fixedtpm|fixedparent|sensitivedataorigin|userwithauth|restricted|sign";

BOOST_FIXTURE_TEST_SUITE(what_the_manufacturer_left, ManufacturerFixture)

BOOST_AUTO_TEST_CASE(is_the_endorsement_keys_with_their_certificates) {
  for (const auto& [algorithm, handle, index] :
       {std::tuple{"rsa-2048", 0x81010001U, 0x01c00002U}, {"ec-p384", 0x81010016U, 0x01c00016U}}) {
    const auto key = find(Kind::endorsement, algorithm);
    BOOST_REQUIRE(key.has_value());
    BOOST_TEST(key->handle == handle);
    BOOST_TEST(!key->public_area.empty());
    BOOST_TEST(key->nv_index == index);
    BOOST_TEST(is_certificate(key->certificate));
  }
  BOOST_TEST(count_of_keys() == 2U);
}

BOOST_AUTO_TEST_CASE(is_a_certificate_alone_where_the_key_is_not_persistent) {
  (void)tool("tpm2_evictcontrol -Q -C o -c 0x81010001");
  const auto key = find(Kind::endorsement, "rsa-2048");
  BOOST_REQUIRE(key.has_value());
  BOOST_TEST(key->handle == 0U);
  BOOST_TEST(key->public_area.empty());
  BOOST_TEST(is_certificate(key->certificate));
}

BOOST_AUTO_TEST_CASE(is_a_key_alone_where_it_has_no_certificate) {
  (void)tool("tpm2_nvundefine -Q -C p 0x01c00002");
  const auto key = find(Kind::endorsement, "rsa-2048");
  BOOST_REQUIRE(key.has_value());
  BOOST_TEST(key->handle == 0x81010001U);
  BOOST_TEST(key->certificate.empty());
  BOOST_TEST(key->nv_index == 0U);
}

BOOST_AUTO_TEST_CASE(is_an_idevid_and_an_iak) {
  make_persistent("0x81020000", kIdevid);
  certify_in("0x01c90000");
  make_persistent("0x81020001", kIak, "ecc256:ecdsa-sha256:null");
  certify_in("0x01c90100");
  for (const auto& [kind, handle, index] :
       {std::tuple{Kind::idevid, 0x81020000U, 0x01c90000U}, {Kind::iak, 0x81020001U, 0x01c90100U}}) {
    const auto key = find(kind);
    BOOST_REQUIRE(key.has_value());
    BOOST_TEST(key->algorithm == "ec-p256");
    BOOST_TEST(key->handle == handle);
    BOOST_TEST(key->nv_index == index);
    BOOST_TEST(is_certificate(key->certificate));
  }
}

// A certificate without a key there says what it is by its index; one with a key, by its key.
BOOST_AUTO_TEST_CASE(is_named_by_its_key_rather_than_by_the_index_of_its_certificate) {
  make_persistent("0x81020000", kIdevid);
  certify_in("0x01c90019");
  BOOST_TEST(find(Kind::idevid)->nv_index == 0x01c90019U);
  BOOST_TEST(!find(Kind::iak));
  (void)tool("tpm2_evictcontrol -Q -C o -c 0x81020000");
  BOOST_TEST(find(Kind::iak)->nv_index == 0x01c90019U);
}

BOOST_AUTO_TEST_CASE(is_told_once_for_each_certificate_of_a_key) {
  make_persistent("0x81020000", kIdevid);
  certify_in("0x01c90000");
  certify_in("0x01c90001");
  BOOST_TEST(std::ranges::count(device->manufacturer_keys(), 0x81020000U, &ManufacturerKey::handle) == 2);
}

BOOST_AUTO_TEST_CASE(is_not_what_the_owner_put_beside_it) {
  make_persistent("0x81010005", "fixedtpm|fixedparent|sensitivedataorigin|userwithauth|sign");
  make_persistent("0x81020002", "fixedtpm|fixedparent|sensitivedataorigin|userwithauth|restricted|decrypt");
  make_persistent("0x81030000", kIdevid);
  make_persistent("0x81020003", "sensitivedataorigin|userwithauth|sign");
  BOOST_TEST(count_of_keys() == 2U);
}

BOOST_AUTO_TEST_CASE(is_not_nonsense_in_nv) {
  write("nonsense", tpm::Bytes(300, std::byte{0x30}));
  store("0x01c0000a", "nonsense", 300);
  store("0x01c00012", "nonsense", 300);
  store("0x01c90000", "nonsense", 300);
  store("0x01c90100", "nonsense", 2000);
  (void)tool("tpm2_nvdefine -Q -C o -s 100 -a 'ownerwrite|ownerread' 0x01c00014");  // never written
  BOOST_TEST(count_of_keys() == 2U);
}

BOOST_AUTO_TEST_CASE(is_not_what_cannot_be_read) {
  (void)tool(
      "tpm2_nvdefine -Q -C o -s 8 -p secret -a 'ownerwrite|authread|no_da' 0x01c0000a && printf 01234567 | "
      "tpm2_nvwrite -Q -C o -i - 0x01c0000a");
  BOOST_TEST(count_of_keys() == 2U);
  BOOST_TEST(device->lockout().failed_tries == 0U);
}

BOOST_AUTO_TEST_CASE(is_read_in_parts_that_the_chip_can_give) {
  make_persistent("0x81020000", kIdevid);
  certify_in("0x01c90000", 1500);
  (void)commands();
  BOOST_TEST(is_certificate(find(Kind::idevid)->certificate));
  BOOST_TEST(count(commands(), command::kNvRead) == 4);
}

BOOST_AUTO_TEST_CASE(is_read_although_keys_of_ours_have_every_slot) {
  const tpm::StoredKey first = new_key(), second = new_key();
  sign(first);
  sign(second);
  BOOST_TEST(count_of_keys() == 2U);
  sign(first);
}

BOOST_AUTO_TEST_CASE(is_read_without_response_encryption_too) {
  open_without_response_encryption();
  BOOST_TEST(count_of_keys() == 2U);
  BOOST_TEST(is_certificate(find(Kind::endorsement)->certificate));
}

// TPM2_NV_Read, TPM2_ReadPublic, TPM_RC_FAILURE
BOOST_AUTO_TEST_CASE(is_not_told_by_half_when_the_transport_or_the_chip_fails) {
  for (const auto* script : {"14e 2 rc=a000a", "173 3- rc=a000a", "14e 2 rc=101"}) {
    open_with(script);
    BOOST_CHECK_EXCEPTION((void)device->manufacturer_keys(), Error, has_fault(Fault::transport));
    open_without_faults();
    BOOST_TEST(count_of_keys() == 2U);
  }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_chip_without_manufacturer)

BOOST_AUTO_TEST_CASE(has_no_manufacturer_keys) {
  DeviceFixture bare;
  BOOST_TEST(bare.device->manufacturer_keys().empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace edgeseal::test
