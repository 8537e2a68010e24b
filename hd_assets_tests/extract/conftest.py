from hd_assets_tests.mariadb import mariadb as mariadb
