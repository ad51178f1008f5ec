#pragma once

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace edgeseal::ctl {

struct Directory {
  Directory() {
    std::string path = std::filesystem::temp_directory_path() / "edgeseal-ctl-XXXXXX";
    BOOST_REQUIRE(mkdtemp(path.data()) != nullptr);
    directory = path;
  }
  ~Directory() { std::filesystem::remove_all(directory); }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;

  [[nodiscard]] std::string content_of(const std::filesystem::path& path) const {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  [[nodiscard]] size_t entries() const {
    return static_cast<size_t>(
        std::distance(std::filesystem::directory_iterator(directory), std::filesystem::directory_iterator()));
  }

  std::filesystem::path directory;
};

}  // namespace edgeseal::ctl
