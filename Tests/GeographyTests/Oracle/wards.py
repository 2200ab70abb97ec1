"""Checks with shapely in which ward places lie.

    wards.py WARDS.GEOJSON PLACES

Each line of PLACES has longitude and latitude in units of 1e-7 degree and the code of the ward that was found, or "-".
Shapely gets the same whole numbers as coordinates, so that it too is exact. For places on a border, which shapely only
knows to be on it, the rule is applied here once more, with whole numbers: east of the place, on a parallel north of it.
"""

import json
import sys
from collections import defaultdict

import numpy
import shapely


def read_wards(path):
    with open(path) as file:
        features = json.load(file)["features"]
    codes, polygons = [], []
    for feature in features:
        coordinates = feature["geometry"]["coordinates"]
        whole = [[[(round(x * 1e7), round(y * 1e7)) for x, y in ring] for ring in part] for part in coordinates]
        codes.append(feature["properties"]["code"])
        polygons.append(shapely.MultiPolygon([(part[0], part[1:]) for part in whole]))
    return codes, polygons


def sides(polygon):
    """The ends of all sides as whole numbers; a ring closes itself."""
    rings = [shapely.get_coordinates(ring).astype(numpy.int64) for ring in shapely.get_rings(shapely.get_parts(polygon))]
    return numpy.concatenate([ring[:-1] for ring in rings]), numpy.concatenate([ring[1:] for ring in rings])


def contains(polygon, places):
    """Which places have an odd number of sides to cross on a ray to the east.

    Wards have less than 1e7 units on a side, so that the products fit 64 bits.
    """
    starts, ends = sides(polygon)
    (x0, y0), (x1, y1) = starts.T, ends.T
    x, y = places[:, :1], places[:, 1:]
    spans = (y0 > y) != (y1 > y)
    difference = (x1 - x0) * (y - y0) - (x - x0) * (y1 - y0)
    crossed = spans & (difference != 0) & ((difference > 0) == (y1 > y0))
    return crossed.sum(axis=1) % 2 == 1


def wards_of(places, codes, polygons):
    """The codes of the wards that hold each place, and how many places lie on a border."""
    # The tree holds the places, for shapely prepares the shapes that it is asked for.
    tree = shapely.STRtree(shapely.points(places.astype(float)))
    expected = [[] for _ in places]
    inside = set(zip(*tree.query(polygons, predicate="contains").tolist()))
    for polygon, point in inside:
        expected[point].append(codes[polygon])
    touching = defaultdict(list)
    for pair in zip(*tree.query(polygons, predicate="intersects").tolist()):
        if pair not in inside:
            touching[pair[0]].append(pair[1])
    for polygon, touched in touching.items():
        for point, is_inside in zip(touched, contains(polygons[polygon], places[touched])):
            if is_inside:
                expected[point].append(codes[polygon])
    return expected, len(set().union(*touching.values()))


def main():
    codes, polygons = read_wards(sys.argv[1])
    with open(sys.argv[2]) as file:
        lines = [line.split() for line in file]
    places = numpy.array([[int(line[0]), int(line[1])] for line in lines])
    expected, on_border = wards_of(places, codes, polygons)
    overlapping = sum(len(wards) > 1 for wards in expected)
    outside = sum(not wards for wards in expected)
    wrong = [
        (*place, found, wards)
        for place, (_, _, found), wards in zip(places.tolist(), lines, expected)
        if found != min(wards, default="-")
    ]
    print(
        f"{len(lines)} places, {on_border} on a border, {outside} outside, {overlapping} in several wards, "
        f"{len(wrong)} wrong"
    )
    for line in wrong[:20]:
        print("wrong:", *line)
    assert 0 < outside < len(lines) // 2 and on_border > 1000, "the places do not test much"
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
