#include "tpm/error.h"

#include <tss2/tss2_esys.h>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cstring>
#include <ostream>

#include "tpm/response_code.h"

namespace edgeseal::tpm {
namespace {

struct Case {
  TSS2_RC rc;
  Fault fault;

  friend std::ostream& operator<<(std::ostream& out, const Case& sample) {
    return out << std::hex << "rc " << sample.rc << std::dec << " is fault " << static_cast<int>(sample.fault);
  }
};

constexpr TSS2_RC kFirstParameter = TPM2_RC_P | TPM2_RC_1;
constexpr TSS2_RC kFirstSession = TPM2_RC_S | TPM2_RC_1;

constexpr Case kCases[] = {
    {TPM2_RC_RETRY, Fault::busy},
    {TPM2_RC_YIELDED, Fault::busy},
    {TPM2_RC_TESTING, Fault::busy},
    {TPM2_RC_NV_RATE, Fault::busy},
    {TPM2_RC_NV_UNAVAILABLE, Fault::busy},
    {TPM2_RC_CANCELED, Fault::busy},
    {TSS2_RESMGR_TPM_RC_LAYER | TPM2_RC_RETRY, Fault::busy},
    {TPM2_RC_LOCKOUT, Fault::locked_out},
    {TPM2_RC_COMMAND_CODE, Fault::unsupported},
    {TSS2_RESMGR_TPM_RC_LAYER | TPM2_RC_COMMAND_CODE, Fault::unsupported},
    {TSS2_RESMGR_RC_LAYER | TPM2_RC_COMMAND_CODE, Fault::unsupported},
    {TPM2_RC_HASH | kFirstParameter, Fault::unsupported},
    {TPM2_RC_CURVE | kFirstParameter, Fault::unsupported},
    {TPM2_RC_SCHEME | TPM2_RC_P | TPM2_RC_2, Fault::unsupported},
    {TPM2_RC_INTEGRITY | kFirstParameter, Fault::bad_blob},
    {TPM2_RC_BAD_AUTH | kFirstSession, Fault::failed},
    {TPM2_RC_AUTH_FAIL | kFirstSession, Fault::failed},
    {TPM2_RC_VALUE | kFirstParameter, Fault::failed},
    {TPM2_RC_OBJECT_MEMORY, Fault::failed},
    {TPM2_RC_MEMORY, Fault::failed},
    {TPM2_RC_INITIALIZE, Fault::transport},
    {TPM2_RC_FAILURE, Fault::transport},
    {TSS2_RESMGR_TPM_RC_LAYER | TPM2_RC_FAILURE, Fault::transport},
    {TPM2_RC_UPGRADE, Fault::transport},
    {TPM2_RC_REBOOT, Fault::transport},
    {TPM2_RC_REFERENCE_H0, Fault::transport},
    {TPM2_RC_REFERENCE_S0, Fault::transport},
    {TSS2_TCTI_RC_IO_ERROR, Fault::transport},
    {TSS2_TCTI_RC_TRY_AGAIN, Fault::transport},
    {TSS2_ESYS_RC_RSP_AUTH_FAILED, Fault::transport},
    {TSS2_ESYS_RC_BAD_SEQUENCE, Fault::transport},
    {TSS2_SYS_RC_MALFORMED_RESPONSE, Fault::transport},
    {TSS2_RESMGR_RC_LAYER | TSS2_BASE_RC_GENERAL_FAILURE, Fault::transport},
};

BOOST_AUTO_TEST_SUITE(an_error)

BOOST_DATA_TEST_CASE(classifies_a_response_code, boost::unit_test::data::make(kCases)) {
  BOOST_TEST(static_cast<int>(Error("sign", sample.rc).fault()) == static_cast<int>(sample.fault));
}

BOOST_AUTO_TEST_CASE(names_the_operation_and_decodes_the_code) {
  const Error error("sign", TPM2_RC_LOCKOUT);
  BOOST_TEST(error.operation() == "sign");
  BOOST_TEST(error.rc() == TPM2_RC_LOCKOUT);
  BOOST_TEST(std::string(error.what()).starts_with("sign: tpm:warn(2.0): "));
  BOOST_TEST(std::strstr(error.what(), "DA lockout") != nullptr);
}

BOOST_AUTO_TEST_CASE(of_our_own_has_no_code) {
  const Error error("load key", Fault::bad_blob, "pubkey is empty");
  BOOST_TEST(error.what() == "load key: pubkey is empty");
  BOOST_TEST(error.rc() == TSS2_RC_SUCCESS);
  BOOST_TEST((error.fault() == Fault::bad_blob));
}

BOOST_AUTO_TEST_CASE(can_know_better_than_its_code) {
  const Error error("load key", TPM2_RC_VALUE | kFirstParameter, Fault::bad_blob);
  BOOST_TEST((error.fault() == Fault::bad_blob));
  BOOST_TEST(error.rc() == (TPM2_RC_VALUE | kFirstParameter));
}

BOOST_AUTO_TEST_CASE(of_a_full_chip_is_busy_and_names_what_is_taken_and_the_remedy) {
  const Error objects = full_chip(Error("load key", TPM2_RC_OBJECT_MEMORY));
  BOOST_TEST((objects.fault() == Fault::busy));
  BOOST_TEST(objects.rc() == TPM2_RC_OBJECT_MEMORY);
  BOOST_TEST(std::string(objects.what()).starts_with("load key: tpm:warn(2.0): "));
  BOOST_TEST(std::strstr(objects.what(), "other programs hold the object slots of this TPM") != nullptr);
  BOOST_TEST(std::strstr(objects.what(), "/dev/tpmrm0") != nullptr);
  const Error sessions = full_chip(Error("start session", TPM2_RC_SESSION_HANDLES));
  BOOST_TEST(std::strstr(sessions.what(), "other programs hold the sessions of this TPM") != nullptr);
}

BOOST_AUTO_TEST_CASE(tells_what_the_chip_is_full_of) {
  BOOST_TEST(out_of_objects(TPM2_RC_OBJECT_MEMORY));
  BOOST_TEST(out_of_objects(TSS2_RESMGR_TPM_RC_LAYER | TPM2_RC_OBJECT_HANDLES));
  BOOST_TEST(out_of_objects(TPM2_RC_MEMORY));
  BOOST_TEST(!out_of_objects(TPM2_RC_SESSION_MEMORY));
  BOOST_TEST(out_of_sessions(TPM2_RC_SESSION_MEMORY));
  BOOST_TEST(out_of_sessions(TSS2_RESMGR_TPM_RC_LAYER | TPM2_RC_SESSION_HANDLES));
  BOOST_TEST(!out_of_sessions(TPM2_RC_OBJECT_MEMORY));
  BOOST_TEST(!out_of_sessions(TSS2_ESYS_RC_MEMORY));
}

BOOST_AUTO_TEST_CASE(blames_a_parameter_a_session_or_a_handle) {
  BOOST_TEST(blames_parameter(TPM2_RC_SIZE | kFirstParameter));
  BOOST_TEST(!blames_parameter(TPM2_RC_SIZE | kFirstSession));
  BOOST_TEST(!blames_parameter(TPM2_RC_HANDLE | TPM2_RC_H | TPM2_RC_1));
  BOOST_TEST(!blames_parameter(TPM2_RC_RETRY));
  BOOST_TEST(!blames_parameter(TSS2_ESYS_RC_BAD_VALUE));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace edgeseal::tpm
