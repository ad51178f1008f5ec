#include <boost/test/unit_test.hpp>

#include "tests/tpm/program.h"
#include "tests/tpm/traced_fixture.h"

namespace edgeseal::test {
namespace {

using tpm::Error;
using tpm::Fault;

struct LockoutFixture : TracedFixture {
  // With the device closed, for swtpm serves one connection at a time; open afterwards.
  void tool(const std::string& command) {
    device.reset();
    (void)run_program("cd " + swtpm.directory().path().string() + " && export TPM2TOOLS_TCTI=" + swtpm.tcti() + " && " +
                      command);
    open();
  }

  // A key of somebody else, not exempt from the protection, and as many wrong guesses at its authValue.
  void fail_to_guess(int tries) {
    tool("tpm2_createprimary -Q -C e -G ecc -c other.ctx -p secret && tpm2_flushcontext -Q -t");
    for (int i = 0; i < tries; ++i) {
      tool("! tpm2_create -Q -C other.ctx -P wrong -G ecc -u u -r r 2>/dev/null; tpm2_flushcontext -Q -t");
    }
  }
};

BOOST_FIXTURE_TEST_SUITE(the_lockout, LockoutFixture)

BOOST_AUTO_TEST_CASE(tells_the_settings_of_the_chip) {
  tool("tpm2_dictionarylockout -Q --setup-parameters --max-tries=5 --recovery-time=120 --lockout-recovery-time=60");
  const tpm::Lockout lockout = device->lockout();
  BOOST_TEST(!lockout.active);
  BOOST_TEST(lockout.failed_tries == 0U);
  BOOST_TEST(lockout.max_tries == 5U);
  BOOST_TEST((lockout.recovery == std::chrono::seconds(120)));
}

BOOST_AUTO_TEST_CASE(counts_the_wrong_guesses_of_others_and_begins_with_the_last_one) {
  tool("tpm2_dictionarylockout -Q --setup-parameters --max-tries=2 --recovery-time=3600 --lockout-recovery-time=60");
  fail_to_guess(1);
  BOOST_TEST(device->lockout().failed_tries == 1U);
  BOOST_TEST(!device->lockout().active);
  fail_to_guess(1);
  BOOST_TEST(device->lockout().failed_tries == 2U);
  BOOST_TEST(device->lockout().active);
}

BOOST_AUTO_TEST_CASE(concerns_no_key_of_ours_and_not_the_anchor) {
  const tpm::StoredKey key = new_key();
  (void)device->define_anchor();
  tool("tpm2_dictionarylockout -Q --setup-parameters --max-tries=1 --recovery-time=3600 --lockout-recovery-time=60");
  fail_to_guess(1);
  BOOST_TEST(device->lockout().active);
  BOOST_CHECK_NO_THROW(sign(key));
  BOOST_CHECK_NO_THROW(sign(new_key()));
  BOOST_TEST(device->count_failed_try() == 1U);
}

BOOST_AUTO_TEST_CASE(is_asked_for_in_one_command) {
  (void)commands();
  (void)device->lockout();
  BOOST_TEST(commands().size() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(an_error_of_a_locked_out_chip, LockoutFixture)

BOOST_AUTO_TEST_CASE(D6_tells_until_when_and_the_remedy) {
  tool("tpm2_dictionarylockout -Q --setup-parameters --max-tries=7 --recovery-time=1234 --lockout-recovery-time=60");
  open_with("15d 1 rc=921");
  const tpm::StoredKey key = new_key();
  BOOST_CHECK_EXCEPTION(sign(key), Error, [](const Error& error) {
    const std::string text = error.what();
    BOOST_TEST_MESSAGE(text);
    return error.fault() == Fault::locked_out && error.rc() == 0x921U &&
           text.find("0 of 7 failed authorisations") != text.npos && text.find("in 1234 seconds") != text.npos &&
           text.find("tpm2_dictionarylockout -c") != text.npos;
  });
  BOOST_CHECK_NO_THROW(sign(key));
}

BOOST_AUTO_TEST_CASE(stays_what_it_is_when_the_chip_tells_nothing_more) {
  const tpm::StoredKey key = new_key();
  (void)commands();
  open_without_faults();
  const std::string first = std::to_string(count(commands(), command::kGetCapability) + 1);
  for (const auto* rc : {"921", "101", "a000a"}) {
    open_with("15d 1 rc=921\n17a " + first + "- rc=" + rc);
    BOOST_CHECK_EXCEPTION(sign(key), Error, has_fault(Fault::locked_out));
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace edgeseal::test
