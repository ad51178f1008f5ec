// The main() of every Boost.Test program: it may stand in one file only, however many sources the program has.
#define BOOST_TEST_MODULE EDGESEAL_TEST_NAME
#include <boost/test/unit_test.hpp>
