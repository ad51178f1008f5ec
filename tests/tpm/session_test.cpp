#include "tpm/session.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>

#include "tests/tpm/dump_fixture.h"
#include "tpm/loaded_key.h"
#include "tpm/memory.h"
#include "tpm/response_encryption.h"
#include "tpm/signing.h"

namespace edgeseal::test {
namespace {

using tpm::HashAlgorithm;
using tpm::KeyAlgorithm;

struct SessionFixture {
  Swtpm swtpm;
  tpm::Context context{swtpm.tcti(), {}};
  tpm::StorageKey storage_key = tpm::open_storage_key(context, std::nullopt);
  tpm::Session session{context, storage_key.handle.get()};

  [[nodiscard]] TPMA_SESSION attributes() {
    TPMA_SESSION flags = 0;
    BOOST_REQUIRE_EQUAL(Esys_TRSess_GetAttributes(context.esys(), session.get(), &flags), TSS2_RC_SUCCESS);
    return flags;
  }
  [[nodiscard]] TPMA_SESSION attributes_in(tpm::Session::Encrypt parameters) {
    TPMA_SESSION flags = 0;
    session.run("look", parameters, looking_at(flags));
    return flags;
  }
  [[nodiscard]] TPMA_SESSION attributes_beside() {
    TPMA_SESSION flags = 0;
    session.run_beside("look", looking_at(flags));
    return flags;
  }
  [[nodiscard]] static tpm::Session::Command looking_at(TPMA_SESSION& flags) {
    return [&flags](ESYS_CONTEXT* esys, ESYS_TR used) { return Esys_TRSess_GetAttributes(esys, used, &flags); };
  }
};

BOOST_FIXTURE_TEST_SUITE(a_session, SessionFixture)

BOOST_AUTO_TEST_CASE(protects_what_a_command_asks_for_and_no_longer) {
  using Encrypt = tpm::Session::Encrypt;
  BOOST_TEST(attributes_in(Encrypt::both) ==
             (TPMA_SESSION_CONTINUESESSION | TPMA_SESSION_DECRYPT | TPMA_SESSION_ENCRYPT));
  BOOST_TEST(attributes() == TPMA_SESSION_CONTINUESESSION);
  BOOST_TEST(attributes_in(Encrypt::command) == (TPMA_SESSION_CONTINUESESSION | TPMA_SESSION_DECRYPT));
  BOOST_TEST(attributes_in(Encrypt::response) == (TPMA_SESSION_CONTINUESESSION | TPMA_SESSION_ENCRYPT));
  BOOST_TEST(attributes_in(Encrypt::nothing) == TPMA_SESSION_CONTINUESESSION);
  BOOST_TEST(attributes_beside() == (TPMA_SESSION_CONTINUESESSION | TPMA_SESSION_ENCRYPT));
  BOOST_TEST(attributes() == TPMA_SESSION_CONTINUESESSION);
}

BOOST_AUTO_TEST_CASE(encrypts_no_response_after_the_context_gave_it_up) {
  context.give_up_response_encryption();
  BOOST_TEST(attributes_in(tpm::Session::Encrypt::both) == (TPMA_SESSION_CONTINUESESSION | TPMA_SESSION_DECRYPT));
  BOOST_TEST(attributes_in(tpm::Session::Encrypt::response) == TPMA_SESSION_CONTINUESESSION);
  BOOST_TEST(attributes_beside() == (TPMA_SESSION_CONTINUESESSION | TPMA_SESSION_AUDIT));
}

BOOST_AUTO_TEST_CASE(decrypts_what_the_chip_encrypts) {
  BOOST_TEST(tpm::decrypts_responses(session));
}

BOOST_AUTO_TEST_CASE(is_as_before_after_a_command_that_failed) {
  tpm::LoadedKey no_signing_key{tpm::Handle(context, ESYS_TR_NONE, tpm::Handle::Release::forget), TPM2_ALG_ECC};
  std::swap(no_signing_key.handle, storage_key.handle);
  const tpm::Bytes digest(32);
  tpm::Authorisation authorisation(session, storage_key.handle.get());
  BOOST_CHECK_EXCEPTION((void)tpm::sign_ecdsa(authorisation, tpm::ChipHashes({HashAlgorithm::sha256}), no_signing_key,
                                              HashAlgorithm::sha256, digest),
                        tpm::Error, [](const tpm::Error& error) { return tpm::from_chip(error.rc()); });
  BOOST_TEST(attributes() == TPMA_SESSION_CONTINUESESSION);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(the_bus, DumpFixture)

BOOST_AUTO_TEST_CASE(shows_neither_auth_values_nor_digests_nor_decrypted_blocks) {
  const tpm::CreatedKey key = device->create(KeyAlgorithm::rsa_2048);
  const auto& modulus = std::get<tpm::RsaPublicKey>(key.public_key).modulus;
  BOOST_TEST(crossed_the_bus(modulus));  // what is public does: the dump works
  BOOST_TEST(!crossed_the_bus(key.auth.view()));
  (void)device->sign_rsa_pkcs1(stored(key), HashAlgorithm::sha256, digest);
  BOOST_TEST(!crossed_the_bus(digest));
  const tpm::SecretBytes block = device->rsa_private(stored(key), tpm::Bytes(256, std::byte{0x11}));
  BOOST_TEST(!crossed_the_bus(block.view().last(32)));
}

BOOST_AUTO_TEST_CASE(shows_what_comes_from_the_chip_where_the_settings_say_so) {
  const tpm::Bytes secret = sha256(bytes_of("a secret"));
  const tpm::SealedSecret sealed = device->seal(secret);
  BOOST_TEST(device->facts().encrypts_responses);
  BOOST_TEST(std::ranges::equal(device->unseal(sealed).view(), secret));
  BOOST_TEST(!crossed_the_bus(secret));
  open_without_response_encryption();
  BOOST_TEST(!device->facts().encrypts_responses);
  BOOST_TEST(std::ranges::equal(device->unseal(sealed).view(), secret));
  BOOST_TEST(crossed_the_bus(secret));
  BOOST_TEST(!crossed_the_bus(sealed.auth.view()));
}

BOOST_AUTO_TEST_CASE(does_not_show_what_is_stirred_into_the_random_numbers) {
  const tpm::Bytes nonce = sha256(bytes_of("a nonce"));
  device->stir_random(nonce);
  BOOST_TEST(count(commands(), command::kStirRandom) == 1);
  BOOST_TEST(!crossed_the_bus(nonce));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace edgeseal::test
