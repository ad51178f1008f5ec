// A provider that comes first makes the ephemeral keys of its program, which edgeseal can't.

#include <openssl/core_dispatch.h>

#include <array>
#include <boost/test/data/test_case.hpp>

#include "tests/provider/fixture.h"

namespace edgeseal::tests {
namespace {

using Function = void (*)();

// What providers of others have; nobody calls it.
void* generate(void* /*operation*/, OSSL_CALLBACK* /*progress*/, void* /*argument*/) {
  return nullptr;
}
void release(void* /*key*/) {}

const OSSL_DISPATCH generating[] = {{OSSL_FUNC_KEYMGMT_GEN, reinterpret_cast<Function>(generate)}, {0, nullptr}};
const OSSL_DISPATCH holding[] = {{OSSL_FUNC_KEYMGMT_FREE, reinterpret_cast<Function>(release)}, {0, nullptr}};

const OSSL_ALGORITHM with_ec[] = {{"RSA", "provider=vendor", holding, nullptr},
                                  {"id-ecPublicKey:ec", "provider=vendor", generating, nullptr},
                                  {nullptr, nullptr, nullptr, nullptr}};
const OSSL_ALGORITHM with_ec_of_hardware[] = {{"EC", "provider=vendor", holding, nullptr},
                                              {nullptr, nullptr, nullptr, nullptr}};
const OSSL_ALGORITHM with_others[] = {{"ECX:DEC:E", "provider=vendor", generating, nullptr},
                                      {nullptr, nullptr, nullptr, nullptr}};

// The algorithms are the context of the provider.
const OSSL_ALGORITHM* query(void* context, int operation, int* no_cache) {
  *no_cache = 0;
  return operation == OSSL_OP_KEYMGMT ? static_cast<const OSSL_ALGORITHM*>(context) : nullptr;
}

void unquery(void* /*context*/, int /*operation*/, const OSSL_ALGORITHM* /*algorithms*/) {}

const OSSL_DISPATCH answering[] = {{OSSL_FUNC_PROVIDER_QUERY_OPERATION, reinterpret_cast<Function>(query)},
                                   {OSSL_FUNC_PROVIDER_UNQUERY_OPERATION, reinterpret_cast<Function>(unquery)},
                                   {0, nullptr}};
const OSSL_DISPATCH silent[] = {{0, nullptr}};

template <const OSSL_DISPATCH* functions, const OSSL_ALGORITHM* algorithms>
int start(const OSSL_CORE_HANDLE* /*core*/, const OSSL_DISPATCH* /*in*/, const OSSL_DISPATCH** out, void** context) {
  *out = functions;
  *context = const_cast<OSSL_ALGORITHM*>(algorithms);
  return 1;
}

struct Vendor {
  const char* what;
  OSSL_provider_init_fn* start;
  bool makes_keys;
};

std::ostream& operator<<(std::ostream& out, const Vendor& shown) {
  return out << shown.what;
}

const std::vector<Vendor> vendors{{"no functions", start<nullptr, nullptr>, false},
                                  {"no query", start<silent, nullptr>, false},
                                  {"no algorithms", start<answering, nullptr>, false},
                                  {"other algorithms", start<answering, with_others>, false},
                                  {"keys that are there", start<answering, with_ec_of_hardware>, false},
                                  {"new keys", start<answering, with_ec>, true}};

}  // namespace

BOOST_AUTO_TEST_SUITE(activation_order)

// Behind what offers next to nothing, too.
BOOST_FIXTURE_TEST_CASE(activated_before_the_default_provider_it_stands_aside, Fixture) {
  for (const char* first : {"", "legacy = default_section\n", "base = default_section\n", "null = default_section\n"}) {
    const Program reversed(directory, socket, {}, std::string(first) + Program::default_last);
    const PkeyPtr made(EVP_PKEY_Q_keygen(reversed.context(), nullptr, "EC", "P-256"), EVP_PKEY_free);
    BOOST_TEST(made, first);
    BOOST_TEST(!reversed.load_key("edgeseal:ec"), first);
    BOOST_TEST(take_errors().find("activate default first") != std::string::npos, first);
    BOOST_TEST(!reversed.is_active(), first);
  }
}

BOOST_DATA_TEST_CASE_F(Fixture, behind_a_provider_of_others_it_asks_whether_that_makes_ephemeral_keys,
                       boost::unit_test::data::make(vendors), vendor) {
  const std::string first = "vendor = default_section\n";
  const Program second(directory, socket, {}, first + Program::default_last, {"vendor", vendor.start});
  BOOST_REQUIRE(OSSL_PROVIDER_available(second.context(), "vendor") == 1);
  BOOST_TEST(second.is_active() == vendor.makes_keys);
  BOOST_TEST((second.load_key("edgeseal:ec") != nullptr) == vendor.makes_keys);
}

BOOST_FIXTURE_TEST_CASE(what_stands_before_the_default_provider_does_no_harm, Fixture) {
  const Program usual(directory, socket, {}, std::string("base = default_section\n") + Program::default_first);
  BOOST_TEST(signs(usual, usual.load_key("edgeseal:ec")));
}

// The legacy provider has libcrypto tell it of each one that comes; edgeseal asks once, while it is activated.
BOOST_FIXTURE_TEST_CASE(behind_others_it_takes_no_part_in_what_is_loaded_later, Fixture) {
  const Program third(directory, socket, {}, std::string("legacy = default_section\n") + Program::default_first);
  const std::shared_ptr<OSSL_PROVIDER> later(OSSL_PROVIDER_load(third.context(), "null"), OSSL_PROVIDER_unload);
  BOOST_TEST(later);
  BOOST_TEST(signs(third, third.load_key("edgeseal:ec")));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::tests
