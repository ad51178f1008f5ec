// edgesealctl stage against the service on a private bus.

#include <boost/test/unit_test.hpp>
#include <filesystem>

#include "dbus/wire_types.h"
#include "tests/bus/ctl_fixture.h"
#include "tests/fakes/test_certificate.h"

namespace edgeseal::test {
namespace {

struct Fixture : CtlFixture {
  TestCertificate plant{"plant"};
  std::string der{[this] {
    const auto bytes = plant.der();
    return std::string(bytes.begin(), bytes.end());
  }()};
  std::string plant_file = file("plant.der", der);

  std::vector<dbus::StagedDeliveryInfo> deliveries() {
    return service.in_loop([](auto& ports, auto&) { return ports.staging.deliveries; });
  }
  std::filesystem::path folder(const std::string& name) const {
    const auto path = bus.directory() / name;
    std::filesystem::create_directories(path);
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
    return path;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(edgesealctl_stage, Fixture)

BOOST_AUTO_TEST_CASE(a_file_is_staged_and_shown_with_its_fingerprint) {
  BOOST_TEST(has(ctl({"stage", "show"}).out, "Nothing is staged."));
  const auto result = ctl({"stage", plant_file, "--group", "web/https", "--origin", "the office"});
  BOOST_TEST(result.err == "");
  BOOST_TEST(result.status == 0);
  BOOST_TEST(has(result.out, std::string(64, 'a')));
  BOOST_TEST(has(result.out, "CN=plant"));
  BOOST_TEST(has(result.out, "edgesealctl stage activate"));
  BOOST_REQUIRE(deliveries().size() == 1u);
  BOOST_TEST(deliveries()[0].group.application == "web");
  BOOST_TEST(deliveries()[0].origin == "the office");
  const auto value = ctl_json({"stage", "show"});
  BOOST_TEST(value["state"] == "staged");
  BOOST_TEST(value["staged"][0]["subject"] == "CN=plant");
}

BOOST_AUTO_TEST_CASE(it_is_activated_and_stays_when_the_right_server_is_reported) {
  BOOST_TEST(ctl({"stage", plant_file, "--activate"}).status == 0);
  BOOST_TEST(ctl_json({"stage", "show"})["state"] == "verifying");
  change([&](auto& ports) { ports.staging.right = {dbus::to_bytes(plant.der())}; });
  BOOST_TEST(has(ctl({"stage", "report", "--host", "gds", plant_file}).out, "right one"));
  BOOST_TEST(ctl_json({"stage", "show"})["state"] == "empty");
}

BOOST_AUTO_TEST_CASE(the_wrong_server_and_a_failure_undo_it) {
  BOOST_TEST(ctl({"stage", plant_file, "--activate"}).status == 0);
  const auto wrong = ctl({"stage", "report", "--host", "gds", plant_file});
  BOOST_TEST(wrong.status == 1);
  BOOST_TEST(has(wrong.err, "the wrong server"));
  BOOST_TEST(ctl({"stage", "activate"}).status == 0);
  BOOST_TEST(has(ctl({"stage", "report", "--failure", "no route"}).err, "no route"));
  BOOST_TEST(ctl({"stage", "report"}).status == 2);
  BOOST_TEST(ctl({"stage", "discard"}).status == 0);
  BOOST_TEST(ctl({"stage", "discard"}).status == 1);
}

BOOST_AUTO_TEST_CASE(a_drop_folder_is_emptied_and_what_is_refused_put_aside) {
  const auto drop = folder("drop");
  std::ofstream(drop / "1.der", std::ios::binary) << der;
  std::ofstream(drop / "notes.txt") << "no certificate";
  std::filesystem::create_symlink(plant_file, drop / "2.der");
  const auto result = ctl({"stage", "--drop", drop});
  BOOST_TEST(result.status == 0);
  BOOST_TEST(!std::filesystem::exists(drop / "1.der"));
  BOOST_TEST(std::filesystem::exists(drop / "notes.txt"));
  BOOST_TEST(std::filesystem::is_symlink(drop / "2.der"));
  BOOST_REQUIRE(deliveries().size() == 1u);
  BOOST_TEST(deliveries()[0].source == "drop-folder");
  change([](auto& ports) { ports.staging.refusal = "too weak"; });
  std::ofstream(drop / "3.DER", std::ios::binary) << der;
  const auto refused = ctl({"stage", "--drop", drop});
  BOOST_TEST(refused.status == 1);
  BOOST_TEST(has(refused.out, "too weak"));
  BOOST_TEST(std::filesystem::exists(drop / "3.DER.refused"));
}

BOOST_AUTO_TEST_CASE(a_drop_folder_that_others_write_is_left_alone) {
  const auto drop = folder("open");
  std::filesystem::permissions(drop, std::filesystem::perms::all);
  std::ofstream(drop / "1.der", std::ios::binary) << der;
  const auto result = ctl({"stage", "--drop", drop});
  BOOST_TEST(result.status == 2);
  BOOST_TEST(has(result.err, "its owner alone"));
  BOOST_TEST(std::filesystem::exists(drop / "1.der"));
}

BOOST_AUTO_TEST_CASE(a_medium_is_read_in_its_own_directory_and_left_as_it_is) {
  const auto medium = folder("medium");
  std::filesystem::create_directories(medium / "edgeseal");
  std::ofstream(medium / "edgeseal" / "1.der", std::ios::binary) << der;
  std::ofstream(medium / "2.der", std::ios::binary) << der;
  BOOST_TEST(ctl({"stage", "--medium", medium}).status == 0);
  BOOST_REQUIRE(deliveries().size() == 1u);
  BOOST_TEST(deliveries()[0].source == "medium");
  BOOST_TEST(std::filesystem::exists(medium / "edgeseal" / "1.der"));
  BOOST_TEST(ctl({"stage"}).status == 2);
  BOOST_TEST(ctl({"stage", plant_file, "--medium", medium}).status == 2);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::test
