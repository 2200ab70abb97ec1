"""Checks with shapely how much of a tile lies in a ward.

    tile_shares.py WARDS.GEOJSON SHARES

Each line of SHARES has a quadkey, the code of a ward and square metres on the WGS 84 ellipsoid. Shapely computes in a
plane, so it gets places in an equal-area projection of the ellipsoid: longitude in radians, and the area between a
parallel and the equator for one radian. Sides that are straight in degrees are bent there, so they are cut into
pieces of at most 30 m first.
"""

import json
import math
import sys
from collections import defaultdict

import numpy
import shapely

A, F = 6378137.0, 1 / 298.257223563
E = math.sqrt(F * (2 - F))


def project(coordinates):
    longitude, latitude = numpy.radians(coordinates[:, 0]), numpy.radians(coordinates[:, 1])
    sine = numpy.sin(latitude)
    height = (A * (1 - F)) ** 2 / 2 * (sine / (1 - (E * sine) ** 2) + numpy.arctanh(E * sine) / E)
    return numpy.column_stack([longitude, height])


def tile(quadkey):
    zoom = len(quadkey)
    x = sum((int(digit) & 1) << (zoom - 1 - index) for index, digit in enumerate(quadkey))
    y = sum((int(digit) >> 1) << (zoom - 1 - index) for index, digit in enumerate(quadkey))
    latitude = [math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * row / 2**zoom)))) for row in (y + 1, y)]
    return shapely.box(x / 2**zoom * 360 - 180, latitude[0], (x + 1) / 2**zoom * 360 - 180, latitude[1])


def main():
    with open(sys.argv[1]) as file:
        features = json.load(file)["features"]
    wards = {
        feature["properties"]["code"]: shapely.transform(
            shapely.segmentize(shapely.geometry.shape(feature["geometry"]), 0.0003), project
        )
        for feature in features
    }
    shares = defaultdict(dict)
    with open(sys.argv[2]) as file:
        for line in file:
            quadkey, code, area = line.split()
            shares[code][quadkey] = float(area)
    wrong, count = [], 0
    for code, tiles in shares.items():
        quadkeys = list(tiles)
        boxes = shapely.transform(numpy.array([tile(quadkey) for quadkey in quadkeys]), project)
        areas = shapely.area(shapely.intersection(boxes, wards[code]))
        for quadkey, expected, whole in zip(quadkeys, areas, shapely.area(boxes)):
            count += 1
            if abs(tiles[quadkey] - expected) > 1e-7 * whole:
                wrong.append((code, quadkey, tiles[quadkey], expected))
        missing = wards[code].area - sum(areas)
        if abs(missing) > 1e-8 * wards[code].area:
            wrong.append((code, "tiles are missing", missing, wards[code].area))
    print(f"{count} shares of {len(shares)} wards, {len(wrong)} wrong")
    for line in wrong[:20]:
        print("wrong:", *line)
    sys.exit(1 if wrong or not count else 0)


main()
