#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tests/bench/contender.h"

namespace edgeseal::bench {

// Handshakes of several servers that were measured in turns, one row each: as a table for people, as JSON for programs.
class HandshakeReport {
 public:
  struct Subject {
    std::string key;  // "ec-p256", "rsa-2048"
    unsigned chip_delay_ms = 0;
    std::size_t clients = 1;
  };
  // The names of contenders to which the others are compared, where they took part.
  static constexpr const char* chip = "chip";
  static constexpr const char* key_file = "file";
  static constexpr const char* tpm2_openssl = "tpm2-openssl";

  void add(const Subject& subject, const std::vector<Contender>& contenders);

  [[nodiscard]] std::string table() const;
  [[nodiscard]] std::string json() const;

 private:
  struct Ratio {
    double median, first_quartile, third_quartile;  // of the rounds
  };
  using Comparison = std::optional<Ratio>;
  struct Row {
    Subject subject;
    std::string path;
    double per_second;
    double p50_ms;
    Comparison of_file, of_chip, of_tpm2_openssl;
    double server_us, client_share;
    std::optional<double> goal;

    // A key in the chip is measured by the chip, another by a key file.
    [[nodiscard]] bool misses_goal() const { return goal && (of_chip ? of_chip : of_file)->median < *goal; }
  };

  [[nodiscard]] static Comparison compare(const Contender& contender, const std::vector<Contender>& contenders,
                                          const std::string& reference);

  std::vector<Row> rows_;
};

}  // namespace edgeseal::bench
