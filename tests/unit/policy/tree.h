#pragma once

#include <sys/stat.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <string>

// A directory of its own for one test, below the sticky /tmp, with the modes that are asked for and not those of the
// umask.
class Tree {
 public:
  Tree() {
    BOOST_REQUIRE(::mkdtemp(root_.data()) != nullptr);
    mode("", 0755);
  }
  Tree(const Tree&) = delete;
  Tree& operator=(const Tree&) = delete;
  ~Tree() { std::filesystem::remove_all(root_); }

  [[nodiscard]] std::string path(const std::string& name) const { return name.empty() ? root_ : root_ + "/" + name; }

  std::string directory(const std::string& name, mode_t mode_bits = 0755) {
    BOOST_REQUIRE(std::filesystem::create_directory(path(name)));
    return mode(name, mode_bits);
  }

  std::string file(const std::string& name, const std::string& content, mode_t mode_bits = 0644) {
    std::ofstream out(path(name), std::ios::binary);
    BOOST_REQUIRE((out << content).flush().good());
    return mode(name, mode_bits);
  }

  std::string link(const std::string& name, const std::string& target) {
    std::filesystem::create_symlink(target, path(name));
    return path(name);
  }

  std::string mode(const std::string& name, mode_t mode_bits) {
    BOOST_REQUIRE(::chmod(path(name).c_str(), mode_bits) == 0);
    return path(name);
  }

 private:
  std::string root_ = "/tmp/edgeseal-policy-XXXXXX";
};
