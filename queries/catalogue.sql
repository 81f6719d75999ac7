-- Where films play: cities and films as customers browse them.

-- name: Cities :many
SELECT id, name, country_code FROM cities ORDER BY name, id LIMIT 500;

-- name: CityByID :one
SELECT id, name, country_code FROM cities WHERE id = @id;

-- name: MovieByID :one
SELECT * FROM movies WHERE id = @id;

-- name: MoviesAfter :many
-- A page of the movies of the programme by title, which is unique.
SELECT * FROM movies WHERE title > @after_title AND status = 'SHOWING' ORDER BY title LIMIT sqlc.arg(page_size)::int;

-- name: MoviesPlayingInCity :many
SELECT m.*
FROM movies m
WHERE EXISTS (
    SELECT FROM shows sh
    JOIN screens sc ON sc.id = sh.screen_id
    JOIN theatres t ON t.id = sc.theatre_id
    WHERE sh.movie_id = m.id AND t.city_id = @city_id AND sh.status = 'ON_SALE' AND sh.starts_at > now())
ORDER BY m.title
LIMIT 500;
