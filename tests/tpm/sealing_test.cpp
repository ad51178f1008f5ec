#include <algorithm>
#include <array>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <fstream>
#include <iterator>
#include <utility>

#include "tests/tpm/dump_fixture.h"
#include "tests/tpm/hexadecimal.h"
#include "tests/tpm/loaded_handles.h"
#include "tests/tpm/program.h"
#include "tpm/tss_private_key.h"

namespace edgeseal::test {
namespace {

using tpm::Error;
using tpm::Fault;
namespace data = boost::unit_test::data;

tpm::SealedSecret duplicate_of(const tpm::SealedSecret& sealed) {
  return {sealed.tss_private_key, copy_of(sealed.auth)};
}

struct SealingFixture : DumpFixture {
  tpm::Bytes secret = sha256(bytes_of("a secret"));

  [[nodiscard]] bool opens(const tpm::SealedSecret& sealed) const {
    return std::ranges::equal(device->unseal(sealed).view(), secret);
  }

  void check_refused(const tpm::SealedSecret& sealed, Fault fault) const {
    BOOST_CHECK_EXCEPTION((void)device->unseal(sealed), Error, has_fault(fault));
  }
};

BOOST_FIXTURE_TEST_SUITE(a_sealed_secret, SealingFixture)

BOOST_DATA_TEST_CASE_F(SealingFixture, comes_back_whatever_its_size, data::make({1, 16, 32, 63, 64})) {
  const tpm::Bytes bytes(static_cast<std::size_t>(sample), std::byte{0x5a});
  const tpm::SealedSecret sealed = device->seal(bytes);
  BOOST_TEST(sealed.auth.size() == 32U);
  BOOST_TEST(std::ranges::equal(device->unseal(sealed).view(), bytes));
}

BOOST_DATA_TEST_CASE_F(SealingFixture, of_an_unfit_size_is_refused_without_a_command, data::make({0, 65, 4096})) {
  (void)commands();
  BOOST_CHECK_EXCEPTION((void)device->seal(tpm::Bytes(static_cast<std::size_t>(sample))), Error,
                        has_fault(Fault::failed));
  BOOST_TEST(commands().empty());
}

BOOST_AUTO_TEST_CASE(is_another_blob_each_time) {
  const tpm::SealedSecret first = device->seal(secret), second = device->seal(secret);
  BOOST_TEST(!std::ranges::equal(first.auth.view(), second.auth.view()));
  BOOST_TEST((first.tss_private_key != second.tss_private_key));
  BOOST_TEST((tpm::decode_tss_private_key(first.tss_private_key).type == tpm::TssPrivateKey::Type::sealed_data));
}

BOOST_AUTO_TEST_CASE(outlives_the_device_and_a_power_cycle) {
  const tpm::SealedSecret sealed = device->seal(secret);
  open();
  BOOST_TEST(opens(sealed));
  swtpm.stop();
  swtpm.start();
  open();
  BOOST_TEST(opens(sealed));
}

BOOST_AUTO_TEST_CASE(costs_one_command_to_seal_and_three_to_open) {
  (void)commands();
  const tpm::SealedSecret sealed = device->seal(secret);
  BOOST_TEST(commands() == std::vector<std::string>{command::kCreate}, boost::test_tools::per_element());
  BOOST_TEST(opens(sealed));
  const std::vector<std::string> opening{command::kLoad, command::kUnseal, command::kFlushContext};
  BOOST_TEST(commands() == opening, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(never_crosses_the_bus_in_clear) {
  const tpm::SealedSecret sealed = device->seal(secret);
  BOOST_TEST(opens(sealed));
  const tpm::Bytes area = tpm::decode_tss_private_key(sealed.tss_private_key).public_area;
  BOOST_TEST(crossed_the_bus(area));  // what is public does: the dump works
  BOOST_TEST(!crossed_the_bus(secret));
  BOOST_TEST(!crossed_the_bus(tpm::ByteView(secret).first(8)));
  BOOST_TEST(!crossed_the_bus(sealed.auth.view()));
}

BOOST_AUTO_TEST_CASE(of_another_tpm_is_refused) {
  Swtpm other;
  const tpm::SealedSecret foreign = tpm::open_esys_key_device(settings_for(other.tcti()))->seal(secret);
  check_refused(foreign, Fault::bad_blob);
  BOOST_TEST(opens(device->seal(secret)));
}

BOOST_AUTO_TEST_CASE(is_no_key_and_a_key_is_no_secret) {
  const tpm::SealedSecret sealed = device->seal(secret);
  const tpm::StoredKey as_key{{}, sealed.tss_private_key, copy_of(sealed.auth)};
  BOOST_CHECK_EXCEPTION(sign(as_key), Error, has_fault(Fault::bad_blob));
  const tpm::StoredKey key = new_key();
  check_refused({key.tss_private_key, copy_of(key.auth)}, Fault::bad_blob);
  tpm::TssPrivateKey relabelled = tpm::decode_tss_private_key(key.tss_private_key);
  relabelled.type = tpm::TssPrivateKey::Type::sealed_data;
  check_refused({encode(relabelled), copy_of(key.auth)}, Fault::bad_blob);
}

BOOST_AUTO_TEST_CASE(needs_its_auth_value_and_does_not_lock_out) {
  const tpm::SealedSecret sealed = device->seal(secret);
  tpm::SealedSecret wrong = duplicate_of(sealed);
  wrong.auth.span()[31] ^= std::byte{1};
  for (int i = 0; i < 40; ++i) check_refused(wrong, Fault::failed);
  wrong.auth = {};
  check_refused(wrong, Fault::failed);
  wrong.auth = tpm::SecretBytes(1000);
  check_refused(wrong, Fault::bad_blob);
  BOOST_TEST(opens(sealed));
}

BOOST_AUTO_TEST_CASE(cut_off_anywhere_is_refused) {
  const tpm::SealedSecret sealed = device->seal(secret);
  for (std::size_t size = 0; size < sealed.tss_private_key.size(); ++size) {
    tpm::SealedSecret cut = duplicate_of(sealed);
    cut.tss_private_key.resize(size);
    check_refused(cut, Fault::bad_blob);
  }
  BOOST_TEST(opens(sealed));
}

BOOST_AUTO_TEST_CASE(damaged_anywhere_is_refused) {
  constexpr std::array before_value{std::byte{0xa0}, std::byte{0x03}, std::byte{0x01}, std::byte{0x01}};
  const tpm::SealedSecret sealed = device->seal(secret);
  const tpm::Bytes& whole = sealed.tss_private_key;
  const auto before = std::search(whole.begin(), whole.end(), before_value.begin(), before_value.end());
  const auto empty_auth = before - whole.begin() + std::ssize(before_value);
  for (std::size_t position = 0; position < whole.size(); ++position) {
    if (std::cmp_equal(position, empty_auth)) continue;  // a note for people's tools: the authValue decides
    tpm::SealedSecret damaged = duplicate_of(sealed);
    damaged.tss_private_key[position] ^= std::byte{1};
    check_refused(damaged, Fault::bad_blob);
  }
}

BOOST_AUTO_TEST_CASE(leaves_nothing_in_the_chip_whether_it_opens_or_not) {
  const tpm::SealedSecret sealed = device->seal(secret);
  tpm::SealedSecret wrong = duplicate_of(sealed);
  wrong.auth = tpm::SecretBytes(32);
  for (int i = 0; i < 20; ++i) {
    BOOST_TEST(opens(sealed));
    check_refused(wrong, Fault::failed);
  }
  device.reset();
  BOOST_TEST(leftovers_in(swtpm) == 0U);
}

BOOST_AUTO_TEST_CASE(makes_room_for_itself_among_the_loaded_keys) {
  const tpm::SealedSecret sealed = device->seal(secret);
  const tpm::StoredKey first = new_key(), second = new_key();
  sign(first);
  sign(second);  // with the storage key, every slot is taken
  (void)commands();
  BOOST_TEST(opens(sealed));
  BOOST_TEST(count(commands(), command::kLoad) == 1);  // there was room for it before it came
  BOOST_CHECK_NO_THROW(sign(first));
  BOOST_CHECK_NO_THROW(sign(second));
}

BOOST_AUTO_TEST_CASE(is_not_left_behind_by_a_failure_of_the_transport) {
  open_with("15e 1 rc=a000a");
  const tpm::SealedSecret sealed = device->seal(secret);
  check_refused(sealed, Fault::transport);
  device.reset();
  BOOST_TEST(leftovers_in(swtpm) == 0U);
  open_without_faults();
  BOOST_TEST(opens(sealed));
}

BOOST_AUTO_TEST_CASE(is_opened_by_tpm2_tools_too) {
  const tpm::SealedSecret sealed = device->seal(bytes_of("what tpm2-tools reads"));
  device.reset();
  const tpm::TssPrivateKey blob = tpm::decode_tss_private_key(sealed.tss_private_key);
  const auto write = [&](const char* name, const tpm::Bytes& bytes) {
    std::ofstream(swtpm.directory().file(name), std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  };
  write("sealed.pub", blob.public_area);
  write("sealed.priv", blob.private_area);
  const std::string text = run_program(
      "cd " + swtpm.directory().path().string() + " && export TPM2TOOLS_TCTI=" + swtpm.tcti() +
      " && tpm2_createprimary -Q -C o -G ecc -a 'fixedtpm|fixedparent|sensitivedataorigin|userwithauth|noda|"
      "restricted|decrypt' -c primary.ctx && tpm2_flushcontext -t"
      " && tpm2_load -Q -C primary.ctx -u sealed.pub -r sealed.priv -c sealed.ctx && tpm2_flushcontext -t"
      " && tpm2_unseal -c sealed.ctx -p hex:" +
      hexadecimal(sealed.auth.view()));
  BOOST_TEST(text == "what tpm2-tools reads");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace edgeseal::test
