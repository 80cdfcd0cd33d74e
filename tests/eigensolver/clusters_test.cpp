#include <doctest/doctest.h>

#include "expectations.hpp"

using namespace lambdabar;
using namespace lambdabar::test;

TEST_CASE("same_cluster: true within the distance or where error intervals touch") {
    CHECK(same_cluster(0.0, 0.0, 0.0, 0.0));
    CHECK(same_cluster(0.9, 0.0, 0.0, 1.0));
    CHECK(!same_cluster(1.1, 0.0, 0.0, 1.0));
    CHECK(same_cluster(1.1, 0.6, 0.5, 0.0));
    CHECK(!same_cluster(1.1, 0.5, 0.5, 0.9));
}

TEST_CASE("find_clusters: a partition in order, chained through neighbours") {
    const Eigen::VectorXd exact = Eigen::VectorXd::Zero(6);
    CHECK(sizes(find_clusters(numbers({0.0, 1.0, 1.0, 2.0, 2.0, 2.0}), exact, 1e-8)) == std::vector<Index>{1, 2, 3});
    CHECK(sizes(find_clusters(numbers({0.0, 0.5, 1.0, 1.5, 3.0, 4.0}), exact, 0.6)) == std::vector<Index>{4, 1, 1});
    CHECK(sizes(find_clusters(numbers({0.0, 1.0}), numbers({0.5, 0.6}), 0.0)) == std::vector<Index>{2});
    CHECK(sizes(find_clusters(numbers({0.0, 1.0}), numbers({0.4, 0.5}), 0.0)) == std::vector<Index>{1, 1});
    CHECK(find_clusters(Eigen::VectorXd(0), Eigen::VectorXd(0), 1.0).empty());
}
